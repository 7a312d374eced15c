import { createHash } from 'node:crypto';
import { endpointFactory, reply } from '../../../plugin-api/endpoint.ts';
import type { ServerFacts } from '../../../plugin-api/plugin.ts';

export interface LandingPageDeps {
  readonly server: ServerFacts;
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1d2433; --soft: #5b6478; --paper: #f6f7fa; --card: #fff; --line: #dfe3ec; --accent: #2456c9; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebf2; --soft: #9aa5bb; --paper: #12151c; --card: #1a1f2a; --line: #2b3242; --accent: #8fb1ff; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--paper); color: var(--ink); font: 1rem/1.6 system-ui, sans-serif; }
main { width: 100%; max-width: 38rem; background: var(--card); border: 1px solid var(--line); border-radius: 1rem; padding: 2rem 2.25rem; }
h1 { margin: 0 0 .25rem; font-size: 1.5rem; overflow-wrap: anywhere; } h2 { margin: 1.75rem 0 .5rem; font-size: 1rem; }
p { margin: .5rem 0; } ol { padding-left: 1.25rem; } .soft { color: var(--soft); } a { color: var(--accent); }
code { background: var(--paper); border: 1px solid var(--line); border-radius: .35rem; padding: .1rem .35rem; overflow-wrap: anywhere; }
`;
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** `GET /`: tells a person with a browser what answers here. It has no secrets and needs no JavaScript. */
export const landingPage = endpointFactory<LandingPageDeps>()({
  method: 'GET',
  path: '/',
  auth: 'none',
  handler: ({ deps }) =>
    reply({
      status: 200,
      headers: {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
        'X-Content-Type-Options': 'nosniff',
        'Referrer-Policy': 'no-referrer',
        'Cache-Control': 'public, max-age=300',
      },
      body: page(deps.server),
    }),
});

function page({ serverName, publicBaseUrl }: ServerFacts): string {
  const name = escapeHtml(serverName);
  const url = escapeHtml(publicBaseUrl);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${name}</h1>
<p class="soft">A Matrix homeserver, run with Weft. It works.</p>
<h2>Connect a client</h2>
<ol>
<li>Get a Matrix client: there is <a href="https://matrix.org/ecosystem/clients/" rel="noreferrer">a list of them</a>.</li>
<li>When it asks for a homeserver, enter <code>${name}</code>. If that is not found, enter <code>${url}</code>.</li>
<li>Sign in. Your user id looks like <code>@you:${name}</code>.</li>
</ol>
<h2>What is Matrix?</h2>
<p><a href="https://matrix.org" rel="noreferrer">Matrix</a> is an open network for secure, decentralised communication: people on this server can talk to people on others.</p>
</main>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
