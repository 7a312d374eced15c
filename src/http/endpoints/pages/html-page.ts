import { createHash } from 'node:crypto';
import { type HttpReply, reply } from '../../../plugin-api/endpoint.ts';

const STYLE = `
:root { color-scheme: light dark; --ink: #1d2433; --soft: #5b6478; --paper: #f6f7fa; --card: #fff; --line: #dfe3ec; --accent: #2456c9; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebf2; --soft: #9aa5bb; --paper: #12151c; --card: #1a1f2a; --line: #2b3242; --accent: #8fb1ff; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: clamp(.75rem, 4vw, 1.5rem); background: var(--paper); color: var(--ink); font: 1rem/1.6 system-ui, sans-serif; }
main { width: 100%; max-width: 38rem; background: var(--card); border: 1px solid var(--line); border-radius: 1rem; padding: clamp(1.25rem, 5vw, 2.25rem); }
h1 { margin: 0 0 .25rem; font-size: 1.5rem; overflow-wrap: anywhere; } h2 { margin: 1.75rem 0 .5rem; font-size: 1rem; }
p { margin: .5rem 0; } ol { padding-left: 1.25rem; } li { margin: .35rem 0; } .soft { color: var(--soft); } a { color: var(--accent); }
code { background: var(--paper); border: 1px solid var(--line); border-radius: .35rem; padding: .1rem .35rem; overflow-wrap: anywhere; box-decoration-break: clone; -webkit-box-decoration-break: clone; }
form { display: grid; gap: .75rem; margin-top: 1rem; } input { font: inherit; padding: .6rem .75rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--paper); color: inherit; }
button { font: inherit; font-weight: 600; padding: .6rem .75rem; border: 0; border-radius: .5rem; background: var(--accent); color: var(--card); cursor: pointer; } .problem { color: #c62f2f; }
`;
const STYLE_SOURCE = `'sha256-${sha256(STYLE)}'`;

/**
 * A page for people with a browser. `body` and `script` are HTML and JavaScript of our own: what comes from outside goes
 * through `escapeHtml` first. Nothing but the style, the script and forms to this server is allowed to the page.
 */
export function htmlPage(page: { title: string; body: string; script?: string; status?: number; cacheControl?: string }): HttpReply {
  const { title, body, script, status = 200, cacheControl = 'no-store' } = page;
  const scriptSource = script === undefined ? '' : ` script-src 'sha256-${sha256(script)}';`;
  return reply({
    status,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': `default-src 'none'; style-src ${STYLE_SOURCE};${scriptSource} base-uri 'none'; form-action 'self'; frame-ancestors 'none'`,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': cacheControl,
    },
    body: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body}
</main>
${script === undefined ? '' : `<script>${script}</script>\n`}</body>
</html>
`,
  });
}

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
