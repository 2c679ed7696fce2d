import Link from 'next/link';

import { formatMoney } from '@/i18n/format';
import type { Locale } from '@/i18n/locales';
import { translator } from '@/i18n/messages';
import { buttonLook } from '@/ui/button';
import { Icon } from '@/ui/icons';

import { addressOf, isNarrowed, NO_WISHES, toggled, type Wishes } from './list-address';
import { attributeText } from './names';

type Props = { locale: Locale; path: string; wishes: Wishes; currency: string };

/** What narrows the list, each to be taken away. */
export function Chips({ locale, path, wishes, currency }: Props) {
  if (!isNarrowed(wishes)) return null;
  const t = translator(locale, 'catalog');
  const chips: { name: string; href: string }[] = [];
  if (wishes.in_stock) chips.push({ name: t('in_stock_only'), href: addressOf(path, wishes, { in_stock: false }) });
  const { min_price: least, max_price: most } = wishes;
  if (least !== null || most !== null) {
    const [from, to] = [least, most].map((amount) =>
      amount === null ? '' : formatMoney({ amount, currency }, locale),
    );
    const key = least === null ? 'price_to' : most === null ? 'price_from' : 'price_between';
    chips.push({ name: t(key, { from: from ?? '', to: to ?? '' }), href: addressOf(path, wishes, NO_PRICES) });
  }
  for (const attribute of wishes.attributes) {
    const attributes = toggled(wishes.attributes, attribute);
    chips.push({ name: attributeText(locale, attribute), href: addressOf(path, wishes, { attributes }) });
  }
  return (
    <ul aria-label={t('chosen_filters')} className="mb-6 flex flex-wrap gap-2">
      {chips.map(({ name, href }) => (
        <li key={name}>
          <Link
            href={href}
            prefetch={false}
            scroll={false}
            rel="nofollow"
            className={CHIP}
            aria-label={t('remove', { name })}
          >
            {name} <Icon name="close" className="size-4 text-soft" />
          </Link>
        </li>
      ))}
      <li>
        <Link
          href={addressOf(path, NO_WISHES, { q: wishes.q, sort: wishes.sort })}
          prefetch={false}
          scroll={false}
          className={buttonLook('plain', 'px-2!')}
        >
          {t('remove_all')}
        </Link>
      </li>
    </ul>
  );
}

const NO_PRICES = { min_price: null, max_price: null };
const CHIP =
  'inline-flex min-h-11 items-center gap-2 rounded-full bg-leaf-soft py-2 pr-3 pl-4 text-sm font-medium hover:bg-sunken';
