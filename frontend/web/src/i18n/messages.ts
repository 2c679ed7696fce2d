import account from '#messages/en/account.json';
import cart from '#messages/en/cart.json';
import catalog from '#messages/en/catalog.json';
import checkout from '#messages/en/checkout.json';
import common from '#messages/en/common.json';
import demo from '#messages/en/demo.json';
import goods from '#messages/en/goods.json';
import order from '#messages/en/order.json';
import accountPt from '#messages/pt-BR/account.json';
import cartPt from '#messages/pt-BR/cart.json';
import catalogPt from '#messages/pt-BR/catalog.json';
import checkoutPt from '#messages/pt-BR/checkout.json';
import commonPt from '#messages/pt-BR/common.json';
import demoPt from '#messages/pt-BR/demo.json';
import goodsPt from '#messages/pt-BR/goods.json';
import orderPt from '#messages/pt-BR/order.json';

import type { Locale } from './locales';
import { translate, type Translate } from './translate';

const en = { account, cart, catalog, checkout, common, demo, goods, order };

/** All texts of the storefront, by area. */
export type Messages = typeof en;
export type Area = keyof Messages;

const MESSAGES: Record<Locale, Messages> = {
  en,
  'pt-BR': {
    account: accountPt,
    cart: cartPt,
    catalog: catalogPt,
    checkout: checkoutPt,
    common: commonPt,
    demo: demoPt,
    goods: goodsPt,
    order: orderPt,
  },
};

/** For server components, which may know all texts: none of them reaches the browser but as what is shown. */
export function translator<A extends Area>(locale: Locale, area: A): Translate<Messages[A]> {
  return translate(locale, MESSAGES[locale][area]);
}

/** The texts that components in the browser will want, for `<Texts>`. */
export function textsOf<A extends Area>(locale: Locale, ...areas: A[]): Pick<Messages, A> {
  return Object.fromEntries(areas.map((area) => [area, MESSAGES[locale][area]])) as Pick<Messages, A>;
}
