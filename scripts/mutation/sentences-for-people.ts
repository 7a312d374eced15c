import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

/** What is used here of Babel's paths, which Stryker hands over without their types. */
interface SyntaxPath {
  readonly node: { readonly type: string };
  readonly key: string | number | null;
  readonly listKey?: string;
  readonly parentPath?: SyntaxPath & { readonly node: { readonly callee?: { readonly name?: string } } };
}

/** Leaves out the wording of reasons and errors; the names of rules, which logs and stored verdicts rely on, stay in. */
export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, 'sentences-for-people', {
    shouldIgnore(path: unknown): string | undefined {
      const { key, listKey, parentPath } = path as SyntaxPath;
      if (listKey !== 'arguments' || parentPath === undefined) return undefined;
      const callee = parentPath.node.callee?.name;
      const isReason = parentPath.node.type === 'CallExpression' && callee === 'deny' && key === 1;
      const isMessage = parentPath.node.type === 'NewExpression' && callee === 'Error';
      return isReason || isMessage ? 'wording' : undefined;
    },
  }),
];
