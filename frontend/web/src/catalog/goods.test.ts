import { expect, test } from 'vitest';

import { isLarge, isSmall, type Image } from './goods';

function picture(width: number | null, ...sources: number[]): Image {
  const made = sources.map((one) => ({ url: `/media/a-${one}.webp`, type: 'image/webp', width: one }));
  return { url: '/media/a.webp', alt: '', width, height: width, sources: made };
}

test.each([
  [picture(256), true, false],
  [picture(1280, 320, 640, 1280), false, true],
  [picture(null, 320), true, false],
  [picture(320, 320, 640), false, true],
  [picture(null), false, false],
])('%o', (image, small, large) => {
  expect([isSmall(image), isLarge(image)]).toEqual([small, large]);
});
