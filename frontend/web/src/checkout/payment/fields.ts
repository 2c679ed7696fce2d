import type { ComponentType, Ref } from 'react';

import type { components } from '@/api/schema';

import { TestGateway } from './test-gateway';

export type PaymentMethod = components['schemas']['PaymentMethodView'];

/** What a gateway gives for the payer's card, or the words it has for why not. It is used once and kept nowhere. */
export type Taken = { ok: true; token: string } | { ok: false; words: string };
export type PaymentHandle = { take: () => Promise<Taken> };

export type PaymentFieldsProps = { method: PaymentMethod; ref: Ref<PaymentHandle>; error: string | undefined };

/**
 * The fields of each kind of gateway. A gateway brings its own, in its own frames: what is typed into them never reaches this
 * page, let alone our server. All we ask of them is a token.
 */
export const PAYMENT_FIELDS: Record<PaymentMethod['kind'], ComponentType<PaymentFieldsProps>> = { test: TestGateway };
