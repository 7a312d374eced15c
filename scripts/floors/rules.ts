/** The folders of src/, lowest first. A file imports its own folder and those to its left. */
export const FLOORS = [
  'core',
  'platform',
  'plugin-api',
  'storage',
  'accounts',
  'rooms',
  'federation',
  'sync',
  'modules',
  'http',
  'app',
] as const;

export type RuleName = 'floor-order' | 'unknown-floor' | 'cycle' | 'island' | 'sql' | 'koa' | 'ambient';

export interface PlaceRule {
  readonly rule: RuleName;
  /** What the rule keeps in its place, for the message. */
  readonly what: string;
  /** Where it may stand: paths below src/. */
  readonly allowedIn: readonly RegExp[];
  /** Where `import type` of it is harmless. */
  readonly typesAllowedIn?: readonly RegExp[];
  /** Packages that bring it. */
  readonly packages?: RegExp;
  /** Global names that are it, as `name` or `name.member`; a call or a read of one is a use. */
  readonly globals?: readonly string[];
  /** Tagged templates that are it: by the tag's name or by how the text begins. */
  readonly templates?: { readonly tag: RegExp; readonly text: RegExp };
}

/** What may stand only in some places. */
export const PLACE_RULES: readonly PlaceRule[] = [
  {
    rule: 'sql',
    what: 'SQL',
    allowedIn: [/^storage\//, /^modules\/[^/]+\/store[^/]*\.ts$/],
    typesAllowedIn: [/^plugin-api\//],
    packages: /^(postgres|drizzle-orm)($|\/)/,
    templates: { tag: /^sql$/, text: /^\s*(select|insert|update|delete|with|create|alter|drop|truncate|lock|copy)\s/i },
  },
  {
    rule: 'koa',
    what: 'koa',
    allowedIn: [/^http\//],
    packages: /^(koa($|-|\/)|@koa\/)/,
  },
  {
    rule: 'ambient',
    what: 'the clock, randomness, timers and the environment',
    allowedIn: [/^platform\//, /^app\//],
    packages: /^(node:)?timers($|\/)/,
    globals: [
      'Date.now',
      'new Date',
      'Date',
      'performance.now',
      'Math.random',
      'setTimeout',
      'setInterval',
      'AbortSignal.timeout',
      'process.env',
    ],
  },
];
