import { expect, test } from 'vitest';

import { NO_ADDRESS } from '@/checkout/draft';

import { bodyOfAddress } from './address-body';

test('what was emptied is sent as empty', () => {
  const body = bodyOfAddress({ ...NO_ADDRESS, name: ' Bia ', country: 'BR', region: 'SP', line2: ' ' });
  expect(body).toMatchObject({ name: 'Bia', region: 'SP', line2: null, phone: null });
});
