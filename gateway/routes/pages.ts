import { isUnchanged, REVALIDATE } from '../http/headers.ts';
import { loadPage, type Page } from '../pages/page.ts';
import type { App } from './context.ts';

/** The landing page at `/` and the API reference at `/api/v2/docs`: two files, read when first asked for. */
export function pageRoutes(app: App): void {
  pageRoute(app, '/', 'landing.html');
  pageRoute(app, '/api/v2/docs', 'docs.html');
}

function pageRoute(app: App, url: string, file: Parameters<typeof loadPage>[0]): void {
  let page: Promise<Page> | undefined;
  app.get(url, { schema: { hide: true } }, async (request, reply) => {
    page ??= loadPage(file);
    const { html, contentSecurityPolicy, tag } = await page;
    void reply.header('content-security-policy', contentSecurityPolicy);
    if (isUnchanged(request, reply, tag, REVALIDATE)) return reply.send();
    return reply.type('text/html; charset=utf-8').send(html);
  });
}
