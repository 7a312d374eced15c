import { endpointFactory } from '../../../plugin-api/endpoint.ts';
import type { ServerFacts } from '../../../plugin-api/plugin.ts';
import { escapeHtml, htmlPage } from './html-page.ts';

export interface LandingPageDeps {
  readonly server: ServerFacts;
}

/** `GET /`: tells a person with a browser what answers here. It has no secrets and needs no JavaScript. */
export const landingPage = endpointFactory<LandingPageDeps>()({
  method: 'GET',
  path: '/',
  auth: 'none',
  handler: ({ deps }) => htmlPage({ title: deps.server.serverName, body: body(deps.server), cacheControl: 'public, max-age=300' }),
});

function body({ serverName, publicBaseUrl }: ServerFacts): string {
  const name = escapeHtml(serverName);
  const url = escapeHtml(publicBaseUrl);
  // From a server name clients find HTTPS only.
  const enter = publicBaseUrl.startsWith('https:')
    ? `enter <code>${name}</code>. If that is not found, enter <code>${url}</code>`
    : `enter <code>${url}</code>`;
  return `<h1>${name}</h1>
<p class="soft">A Matrix homeserver, run with Weft. It works.</p>
<h2>Connect a client</h2>
<ol>
<li>Get a Matrix client: there is <a href="https://matrix.org/ecosystem/clients/" rel="noreferrer">a list of them</a>.</li>
<li>When it asks for a homeserver, ${enter}.</li>
<li>Sign in; the people who run this server can make you an account. Your user id looks like <code>@you:${name}</code>.</li>
</ol>
<h2>What is Matrix?</h2>
<p><a href="https://matrix.org" rel="noreferrer">Matrix</a> is an open standard for secure, decentralised communication, with many clients and many servers to choose from.</p>`;
}
