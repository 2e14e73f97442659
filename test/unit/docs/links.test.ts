import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { documents, proseOf, readDocument } from '../../support/documents.js';
import { projectFile } from '../../support/project.js';

/** The anchors of a page, as GitHub makes them of its headings. */
function anchors(text: string): string[] {
  const headings = text.replaceAll(/^```[\s\S]*?^```$/gm, '').match(/^#+ .*$/gm) ?? [];
  return headings.map((heading) =>
    heading
      .replace(/^#+ /, '')
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Number} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** What is wrong with a link of a page, if anything. */
function problem(page: string, target: string): string | undefined {
  if (/^(?:https?|mailto):/.test(target)) return undefined;
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : join(dirname(page), path);
  if (!existsSync(projectFile(file))) return `${page}: there is no ${file}`;
  if (anchor === undefined || anchors(readDocument(file)).includes(anchor)) return undefined;
  return `${page}: ${file} has no heading for #${anchor}`;
}

/** The targets of `[…](…)`. Sources of manual pages have none. */
function targets(page: string): string[] {
  return [...proseOf(readDocument(page)).matchAll(/\]\(([^()\s]+)\)/g)].map((match) => match[1] ?? '');
}

test('every link in the documents leads somewhere', () => {
  const pages = documents();
  const links = pages.flatMap((page) => targets(page).map((target) => ({ page, target })));
  assert.ok(pages.length > 10 && links.length > 20, `${pages.length} pages, ${links.length} links`);
  assert.deepEqual(
    links.flatMap(({ page, target }) => problem(page, target) ?? []),
    [],
  );
});

test('a link that leads nowhere is found', () => {
  assert.match(problem('README.md', 'docs/absent.md') ?? '', /no docs\/absent\.md/);
  assert.match(problem('README.md', 'docs/testing.md#absent') ?? '', /no heading/);
  assert.equal(problem('docs/testing.md', '#where-tests-are'), undefined);
});

test('every page below docs/ can be reached from the README', () => {
  const reached = new Set(['README.md']);
  for (const page of reached) {
    for (const target of targets(page)) {
      const path = join(dirname(page), target.split('#')[0] ?? '');
      if (path.endsWith('.md') && existsSync(projectFile(path))) reached.add(path);
    }
  }
  assert.deepEqual(
    documents().filter((page) => page.startsWith('docs/') && !reached.has(page)),
    [],
  );
});
