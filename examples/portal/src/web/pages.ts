/** The portal's pages, as text. */
import type { CurrentSession, Outputs } from '@tenant-registry/client';

type Project = Outputs['projects']['get'];
type Provider = Outputs['sessions']['providers']['items'][number];

export function signInPage(tenant: string, providers: readonly Provider[], refusal: string | null): string {
  const links = providers.map(({ alias, sign_in_url }) => {
    // A sign-in ends on the portal's own page.
    const { pathname, search } = new URL(sign_in_url);
    return `<li><a href="${escaped(`${pathname}${search}&return_to=/`)}">${escaped(alias)}</a></li>`;
  });
  return page(`
    ${refusal === null ? '' : `<p>The sign-in failed: ${escaped(refusal)}</p>`}
    <p>Sign in to ${escaped(tenant)} with</p>
    <ul>${links.join('')}</ul>`);
}

export function homePage({ user, csrf_token }: CurrentSession, projects: readonly Project[]): string {
  const items = projects.map(({ name }) => `<li>${escaped(name)}</li>`);
  return page(`
    <p>Signed in as ${escaped(user.display_name)}</p>
    <h2>Projects</h2>
    <ul>${items.join('')}</ul>
    <button data-csrf-token="${escaped(csrf_token)}">Sign out</button>
    <script src="/portal.js"></script>`);
}

export function messagePage(message: string): string {
  return page(`<p>${escaped(message)}</p>`);
}

/** Ends the session. The browser adds the origin and the cookie by itself. */
export const signOutScript = `
const button = document.querySelector('button');
button.addEventListener('click', async () => {
  const headers = { 'x-csrf-token': button.dataset.csrfToken };
  await fetch('/v1/auth/session', { method: 'DELETE', headers });
  location.assign('/');
});
`;

function page(content: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Portal</title><h1>Portal</h1>${content}</html>\n`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
