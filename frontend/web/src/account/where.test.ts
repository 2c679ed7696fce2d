import { expect, test } from 'vitest';

import { signInAddress, tokenOf, wayBack } from './where';

test('signing in leads back to a page of ours', () => {
  expect(wayBack('?next=%2Fen%2Fcheckout%3Fa%3D1', 'en')).toBe('/en/checkout?a=1');
});

test.each([
  '',
  '?next=https://evil.example',
  '?next=//evil.example',
  '?next=/\\evil.example',
  '?next=/%09/evil.example',
  '?next=/%0A%5Cevil.example',
])('and nowhere else: %s', (search) => {
  expect(wayBack(search, 'pt-BR')).toBe('/pt-BR/account');
});

test('the way to the sign-in page remembers where from', () => {
  expect(signInAddress('en', '/en/account?x=1')).toBe('/en/sign-in?next=%2Fen%2Faccount%3Fx%3D1');
});

test('tokens come behind the hash', () => {
  expect(tokenOf('#token=abc-_1')).toBe('abc-_1');
  expect(tokenOf('')).toBe('');
});
