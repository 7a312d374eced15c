/**
 * Longest pattern that is ever compiled, in UTF-16 code units. The longest identifiers that patterns are written against
 * have 255 bytes; a longer pattern of a stranger is refused where it is stored and never matches here.
 */
export const GLOB_LENGTH_MAX = 1024;

export interface GlobOptions {
  /** `whole`: the pattern covers the entire value. `words`: it covers some substring that starts and ends at a word boundary. */
  readonly match: 'whole' | 'words';
  readonly ignoreCase: boolean;
  /** Wildcards: `*` (any number of characters) always; `?` (exactly one character) unless `false`. */
  readonly questionMark?: boolean;
}

/** Takes the value as it stands in the event; with `ignoreCase` the value must already have gone through `foldCase`. */
export type GlobMatcher = (value: string) => boolean;

/**
 * Glob-style matching. A pattern becomes a bit-parallel automaton, so a match costs (pattern / 32 + 1) steps per character
 * whatever a stranger writes into the pattern or the value. A character is a Unicode code point.
 * https://spec.matrix.org/v1.19/appendices/#glob-style-matching
 */
export function compileGlob(pattern: string, options: GlobOptions): GlobMatcher {
  if (pattern.length > GLOB_LENGTH_MAX) return () => false;
  const source = options.ignoreCase ? foldCase(pattern) : pattern;
  const questionMark = options.questionMark ?? true;
  if (!source.includes('*') && !(questionMark && source.includes('?'))) {
    return options.match === 'whole' ? (value) => value === source : (value) => containsWords(value, source);
  }
  const automaton = buildAutomaton(source, questionMark);
  return options.match === 'whole' ? (value) => runWhole(automaton, value) : (value) => runWords(automaton, value);
}

/** The case folding behind "case-insensitive": lower case by the Unicode default mapping, independent of locale. */
export function foldCase(value: string): string {
  return value.toLowerCase();
}

/** A literal that stands in the value with a word boundary on both sides. */
export function containsWords(value: string, literal: string): boolean {
  for (let at = value.indexOf(literal); at !== -1; at = value.indexOf(literal, at + 1)) {
    if (isBoundary(value, at) && isBoundaryAfter(value, at + literal.length)) return true;
    if (at >= value.length) return false;
  }
  return false;
}

/** Nothing, or a character outside `[A-Za-z0-9_]`, stands before the position. */
function isBoundary(value: string, at: number): boolean {
  return at === 0 || !isWordUnit(value.charCodeAt(at - 1));
}

/** Nothing, or a character outside `[A-Za-z0-9_]`, stands at the position. */
function isBoundaryAfter(value: string, at: number): boolean {
  return at === value.length || !isWordUnit(value.charCodeAt(at));
}

function isWordUnit(unit: number): boolean {
  return (unit >= 97 && unit <= 122) || (unit >= 65 && unit <= 90) || (unit >= 48 && unit <= 57) || unit === 95;
}

/**
 * State bit `i` means "the first `i` single-character tokens are matched". `loops` holds the states that a `*` keeps alive.
 */
interface Automaton {
  readonly words: number;
  readonly final: number;
  readonly loops: Uint32Array;
  /** Tokens that accept this code point. */
  readonly masks: ReadonlyMap<number, Uint32Array>;
  /** Tokens that accept any code point (`?`). */
  readonly anyMask: Uint32Array;
}

function buildAutomaton(pattern: string, questionMark: boolean): Automaton {
  const tokens: number[] = [];
  const stars = new Set<number>();
  const any: number[] = [];
  for (const character of pattern) {
    if (character === '*') stars.add(tokens.length);
    else {
      if (questionMark && character === '?') any.push(tokens.length);
      tokens.push(character === '?' && questionMark ? -1 : (character.codePointAt(0) ?? 0));
    }
  }
  const words = (tokens.length >>> 5) + 1;
  const anyMask = new Uint32Array(words);
  for (const index of any) setBit(anyMask, index);
  const loops = new Uint32Array(words);
  for (const index of stars) setBit(loops, index);
  const masks = new Map<number, Uint32Array>();
  tokens.forEach((codePoint, index) => {
    if (codePoint === -1) return;
    let mask = masks.get(codePoint);
    if (mask === undefined) {
      mask = anyMask.slice();
      masks.set(codePoint, mask);
    }
    setBit(mask, index);
  });
  return { words, final: tokens.length, loops, masks, anyMask };
}

function runWhole(automaton: Automaton, value: string): boolean {
  const state = new Uint32Array(automaton.words);
  state[0] = 1;
  for (const character of value) {
    if (!step(automaton, state, character.codePointAt(0) ?? 0)) return false;
  }
  return hasBit(state, automaton.final);
}

function runWords(automaton: Automaton, value: string): boolean {
  const state = new Uint32Array(automaton.words);
  let at = 0;
  for (const character of value) {
    if (isBoundary(value, at)) setBit(state, 0);
    if (hasBit(state, automaton.final) && isBoundaryAfter(value, at)) return true;
    step(automaton, state, character.codePointAt(0) ?? 0);
    at += character.length;
  }
  if (isBoundary(value, at)) setBit(state, 0);
  return hasBit(state, automaton.final);
}

/** Consumes one code point; false when no state is left. */
function step(automaton: Automaton, state: Uint32Array, codePoint: number): boolean {
  const mask = automaton.masks.get(codePoint) ?? automaton.anyMask;
  let carry = 0;
  let alive = 0;
  for (let word = 0; word < automaton.words; word += 1) {
    const current = state[word] ?? 0;
    const moved = current & (mask[word] ?? 0);
    const next = (moved << 1) | carry | (current & (automaton.loops[word] ?? 0));
    carry = moved >>> 31;
    state[word] = next;
    alive |= next;
  }
  return alive !== 0;
}

function setBit(bits: Uint32Array, index: number): void {
  bits[index >>> 5] = (bits[index >>> 5] ?? 0) | (1 << (index & 31));
}

function hasBit(bits: Uint32Array, index: number): boolean {
  return ((bits[index >>> 5] ?? 0) & (1 << (index & 31))) !== 0;
}
