/**
 * `/auth/set-password`: the page that a one-time link leads to. The token is in the fragment, which no browser sends, so
 * it is in no log; the script takes it from there and sets the password with it.
 */
import type { FastifyInstance } from 'fastify';
import { securityHeaders } from './security-headers.ts';

const policy = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
};

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="referrer" content="no-referrer">
    <title>Set your password</title>
    <script src="set-password.js" defer></script>
  </head>
  <body>
    <main>
      <h1>Set your password</h1>
      <form id="form">
        <p><label>New password, 12 to 128 characters<br>
          <input id="new" type="password" autocomplete="new-password" minlength="12" maxlength="128" required autofocus></label></p>
        <p><label>The new password again<br>
          <input id="again" type="password" autocomplete="new-password" maxlength="128" required></label></p>
        <p><button>Set password</button></p>
      </form>
      <p id="message" role="status"></p>
      <noscript><p>This page needs JavaScript: the link stays in your browser until you set the password.</p></noscript>
    </main>
  </body>
</html>
`;

const script = `const [form, message] = ['form', 'message'].map((id) => document.getElementById(id));
const token = new URLSearchParams(location.hash.slice(1)).get('token');
const say = (text) => { message.textContent = text; };
if (token === null) {
  form.hidden = true;
  say('The link is not complete: open it as it was given to you.');
}
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const [fresh, again] = ['new', 'again'].map((id) => document.getElementById(id).value);
  if (fresh !== again) return say('The two passwords differ.');
  try {
    const answer = await fetch('../v1/auth/password/redeem', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token, new: fresh }),
    });
    if (!answer.ok) return say((await answer.json()).detail);
    history.replaceState(null, '', location.pathname);
    form.hidden = true;
    say('Your password is set. You can sign in with it now.');
  } catch {
    say('The registry cannot be reached: try again.');
  }
});
`;

/** Mounts the page and its script. */
export function mountPasswordPage(app: FastifyInstance): void {
  const headers = securityHeaders(policy);
  app.get('/auth/set-password', async (_, reply) => reply.headers(headers).type('text/html; charset=utf-8').send(page));
  app.get('/auth/set-password.js', async (_, reply) => reply.type('text/javascript; charset=utf-8').send(script));
}
