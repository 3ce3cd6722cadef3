import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A self-contained page and the policy that lets it run its own inline script and nothing else. */
export interface Page {
  readonly html: string;
  readonly contentSecurityPolicy: string;
  /** Text that names this version of the page. */
  readonly tag: string;
}

/** Reads a page of this folder by its file name. */
export async function loadPage(name: 'landing.html' | 'docs.html'): Promise<Page> {
  const html = await readFile(join(import.meta.dirname, name), 'utf8');
  const policy = [
    "default-src 'none'",
    `script-src ${inlineHashes(html, 'script')}`,
    `style-src ${inlineHashes(html, 'style')}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  const tag = createHash('sha256').update(html).digest('hex').slice(0, 32);
  return { html, contentSecurityPolicy: policy.join('; '), tag };
}

/** Hash sources of the inline elements (Content Security Policy 3, section 2.3.1). */
function inlineHashes(html: string, element: 'script' | 'style'): string {
  const found = [...html.matchAll(new RegExp(`<${element}>([\\s\\S]*?)</${element}>`, 'g'))];
  return found
    .map(([, content = '']) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`)
    .join(' ');
}
