import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';

import { Markdown } from './markdown';

function page(text: string): HTMLElement {
  const element = document.createElement('div');
  element.innerHTML = renderToStaticMarkup(<Markdown text={text} />);
  return element;
}

function texts(of: HTMLElement, selector: string): string[] {
  return [...of.querySelectorAll(selector)].map((one) => one.textContent);
}

test('a table is one, with its head and its alignment', () => {
  const shown = page('| Size | Weight |\n|:--|--:|\n| Small | **250 g** |\n| Large \\| family | 1 kg |\n\nAfter it.');
  expect(texts(shown, 'thead th')).toEqual(['Size', 'Weight']);
  expect(texts(shown, 'tbody tr:nth-child(2) td')).toEqual(['Large | family', '1 kg']);
  expect(texts(shown, 'td strong')).toEqual(['250 g']);
  expect(shown.querySelector<HTMLElement>('tbody td:last-child')?.style.textAlign).toBe('right');
  expect(texts(shown, 'p')).toEqual(['After it.']);
});

test('rows with too few or too many cells do no harm', () => {
  const shown = page('|a|b|\n|-|-|\n|1|\n|1|2|3|');
  expect([...shown.querySelectorAll('tbody tr')].map((row) => row.children.length)).toEqual([2, 2]);
});

test('whatever a description holds, nothing of it is run', () => {
  const shown = page(
    [
      '<script>alert(1)</script> <img src=x onerror=alert(1)>',
      '',
      '|a|b|',
      '|-|-|',
      '|<b onclick=alert(1)>x</b>|[y](javascript:alert(1))|',
      '|![z](https://evil.example/z.png)|https://example.com/a|',
    ].join('\n'),
  );
  expect(shown.querySelector('script, img, b, [onclick], [onerror]')).toBeNull();
  expect(shown.textContent).toContain('<script>alert(1)</script>');
  const links = [...shown.querySelectorAll('a')];
  expect(links.map((link) => [link.getAttribute('href'), link.rel])).toEqual([
    ['https://example.com/a', 'nofollow noopener noreferrer'],
  ]);
});

test('what else was written stays as it was', () => {
  const shown = page('# Mango\n\n- ripe\n- [x] washed\n\n~~green~~ & `sweet`');
  expect(texts(shown, 'h3')).toEqual(['Mango']);
  expect(texts(shown, 'li')).toEqual(['ripe', '[x] washed']);
  expect(texts(shown, 'del, code')).toEqual(['green', 'sweet']);
});
