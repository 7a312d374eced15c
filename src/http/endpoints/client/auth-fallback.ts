import type { Readable } from 'node:stream';
import { MatrixError } from '../../../core/errors/matrix-error.ts';
import type { HttpReply } from '../../../plugin-api/endpoint.ts';
import { type AccountEndpointDeps, accountEndpoint } from '../account-endpoint.ts';
import { escapeHtml, htmlPage } from '../pages/html-page.ts';

const PATH = '/_matrix/client/v3/auth/:authType/fallback/web';
const FORM_BYTES_MAX = 10_000;

/** What tells the client that the stage is complete; the specification gives the code. */
const DONE_SCRIPT =
  'if (window.onAuthDone) window.onAuthDone(); else if (window.opener && window.opener.postMessage) window.opener.postMessage("authDone", "*");';

/** The forms, by the type of stage; `field` is the key that it adds to the `auth` object. */
const FORMS: { readonly [authType: string]: { title: string; field: string | null; html: (deps: AccountEndpointDeps) => string } } = {
  'm.login.dummy': { title: 'Continue', field: null, html: () => '<p>There is nothing to prove. Go on.</p>' },
  'm.login.terms': {
    title: 'Terms',
    field: null,
    html: ({ accounts }) => {
      const { terms } = accounts.config.registration;
      if (terms === null) return '';
      return `<p>Please read <a href="${escapeHtml(terms.url)}" target="_blank" rel="noreferrer">${escapeHtml(terms.name)}</a>. By going on you accept it.</p>`;
    },
  },
  'm.login.registration_token': {
    title: 'Registration token',
    field: 'token',
    html: () =>
      '<p>Enter the token that you were given.</p><input name="token" autocomplete="off" autocapitalize="none" required maxlength="64" aria-label="Token">',
  },
  'm.login.password': {
    title: 'Password',
    field: 'password',
    html: () =>
      '<p>Enter the password of your account.</p><input name="password" type="password" autocomplete="current-password" required aria-label="Password">',
  },
};

/**
 * A page that completes a stage for clients that do not know it.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#fallback
 */
export const authFallbackPage = accountEndpoint({
  method: 'GET',
  path: PATH,
  auth: 'none',
  handler: ({ deps, params, query }) => form(deps, { authType: params.authType, session: sessionOf(query), problem: null }),
});

export const submitAuthFallback = accountEndpoint({
  method: 'POST',
  path: PATH,
  auth: 'none',
  limit: 'login',
  body: 'stream',
  bodyLimit: FORM_BYTES_MAX,
  handler: async ({ deps, params, query, request }) => {
    const { authType } = params;
    const session = sessionOf(query);
    const field = formOf(authType).field;
    const fields = await readForm(request.stream);
    const auth = { type: authType, session, ...(field === null ? {} : { [field]: fields.get(field)?.trim() ?? '' }) };
    const result = await deps.accounts.attemptStage(session, auth);
    if (result === null)
      return htmlPage({ title: 'Not found', status: 404, body: '<h1>This sign-in is over</h1><p>Begin again in your client.</p>' });
    if (!result.ok) return form(deps, { authType, session, problem: result.error });
    return htmlPage({ title: 'Done', body: '<h1>Done</h1><p>Go back to your client.</p>', script: DONE_SCRIPT });
  },
});

function form(
  deps: AccountEndpointDeps,
  { authType, session, problem }: { authType: string; session: string; problem: string | null },
): HttpReply {
  const { title, html } = formOf(authType);
  return htmlPage({
    title,
    body: `<h1>${title}</h1>
${problem === null ? '' : `<p class="problem" role="alert">${escapeHtml(problem)}</p>\n`}<form method="post" action="?session=${encodeURIComponent(session)}">
${html(deps)}
<button>Continue</button>
</form>`,
  });
}

function formOf(authType: string) {
  const known = Object.hasOwn(FORMS, authType) ? FORMS[authType] : undefined;
  if (known === undefined) throw new MatrixError('M_NOT_FOUND', 'This server does not know that stage');
  return known;
}

function sessionOf(query: URLSearchParams): string {
  const session = query.get('session');
  if (session === null || session === '') throw new MatrixError('M_MISSING_PARAM', 'session is missing');
  return session;
}

async function readForm(stream: Readable | null): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream ?? []) chunks.push(chunk as Buffer);
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}
