import { api, outcome } from '@/api/browser';
import type { components } from '@/api/schema';
import type { Locale } from '@/i18n/locales';

type Order = components['schemas']['ShownOrderView'];

/** What a bot bought, with the token that opens the order; or why it could not. */
export type Purchase = { order: Order; token: string } | { failed: 'bot_nothing' | 'busy' | 'failed' | 'unreachable' };

export async function buyAsBot(locale: Locale): Promise<Purchase> {
  const bought = await outcome(api.POST('/dev/bot'));
  if (!bought.ok) {
    const { status } = bought.failure;
    if (status === 0) return { failed: 'unreachable' };
    if (status === 409) return { failed: 'bot_nothing' };
    return { failed: status === 429 || status === 503 ? 'busy' : 'failed' };
  }
  const { id, token } = bought.data.order;
  const order = await outcome(
    api.GET('/v1/orders/{order_id}', {
      params: { path: { order_id: id } },
      headers: { 'order-token': token, 'accept-language': locale },
    }),
  );
  return order.ok ? { order: order.data, token } : { failed: 'failed' };
}
