'use client';

import { useState } from 'react';

import { AddToCart } from '@/cart/add-to-cart';
import { useLocale, useTexts } from '@/i18n/texts';
import { Notice } from '@/ui/notice';
import { Price } from '@/ui/price';

import { BY_NAME, canBeHad, choose, firstChoice, groupsOf, valueOf, type Group } from './choice';
import { percentOff, type Variant } from './goods';
import { Stepper } from './stepper';
import { useVariants } from './use-variants';

/** What is left is told from here on. */
const FEW = 5;
/** So many values are scrolled, so that what they lead to is not far below. */
const MANY_VALUES = 16;
const MANY_LOOK = '-m-1 max-h-84 overflow-y-auto overscroll-contain p-1';
/** As many as the API takes at once. */
const QUANTITY_MAX = 1_000_000;

type Props = {
  slug: string;
  variants: readonly Variant[];
  firstSku: string;
  /** What the options are called in the page's language. */
  names: Readonly<Record<string, string>>;
  /** Whether the page shows what is like it. */
  hasLike: boolean;
};

/** Choose, see what it costs and how much is left, put it into the cart. */
export function ProductChoice({ slug, variants: first, firstSku, names, hasLike }: Props) {
  const t = useTexts('goods');
  const locale = useLocale();
  const { variants, fresh, gone } = useVariants(slug, first);
  const [sku, setSku] = useState(firstSku);
  const [wanted, setWanted] = useState(1);
  const chosen = firstChoice(variants, sku);
  if (!chosen) return null;
  const off = percentOff(chosen.price.amount, chosen.compare_at_price?.amount);
  const most = fresh ? Math.max(chosen.quantity, 1) : QUANTITY_MAX;
  const quantity = Math.min(wanted, most);
  const anyLeft = variants.some(({ available }) => available);

  function take(variant: Variant) {
    setSku(variant.sku);
    // Next takes part in this: the address is kept for reloads and for whoever it is sent to.
    window.history.replaceState(null, '', addressWith(variant.sku));
  }

  return (
    <div>
      <p className="mb-6 flex flex-wrap items-baseline gap-x-3 text-2xl" aria-live="polite">
        <Price price={chosen.price} before={chosen.compare_at_price} locale={locale} />
        {off > 0 ? (
          <span className="rounded-full bg-berry-soft px-2.5 py-1 text-sm font-semibold text-berry">
            {t('percent_off', { percent: off })}
          </span>
        ) : null}
      </p>
      {groupsOf(variants).map((group) => (
        <Options
          key={group.name}
          group={group}
          label={group.name === BY_NAME ? t('kind') : (names[group.name] ?? group.name)}
          variants={variants}
          chosen={chosen}
          onChoose={(value) => {
            take(choose(variants, chosen, group.name, value));
          }}
        />
      ))}
      <Stock variant={chosen} fresh={fresh} {...{ anyLeft, gone, hasLike }} />
      <div className="mt-5 flex flex-wrap items-start gap-3">
        {chosen.available ? <Stepper quantity={quantity} most={most} onChange={setWanted} /> : null}
        <AddToCart sku={chosen.sku} quantity={quantity} available={chosen.available} className="min-w-48 flex-1" />
      </div>
    </div>
  );
}

function addressWith(sku: string): string {
  const address = new URL(window.location.href);
  address.searchParams.set('sku', sku);
  return address.toString();
}

type OptionsProps = {
  group: Group;
  label: string;
  variants: readonly Variant[];
  chosen: Variant;
  onChoose: (value: string) => void;
};

/** The values of an option. What is sold out can be looked at, and says so. */
function Options({ group, label, variants, chosen, onChoose }: OptionsProps) {
  const t = useTexts('goods');
  const current = valueOf(chosen, group.name);
  if (group.values.length < 2) {
    return group.name === BY_NAME ? null : (
      <p className="mb-4">
        <span className="text-soft">{label}:</span> {current}
      </p>
    );
  }
  return (
    <fieldset className="mb-5">
      <legend className="mb-2.5">
        <span className="text-soft">{label}:</span> <span className="font-medium">{current}</span>
      </legend>
      <div className={`flex flex-wrap gap-2 ${group.values.length > MANY_VALUES ? MANY_LOOK : ''}`}>
        {group.values.map((value) => {
          const available = canBeHad(variants, chosen, group.name, value);
          const { sku } = choose(variants, chosen, group.name, value);
          return (
            <a
              key={value}
              href={`?sku=${encodeURIComponent(sku)}`}
              aria-current={value === current ? 'true' : undefined}
              className="choice"
              data-sold-out={available ? undefined : ''}
              onClick={(event) => {
                event.preventDefault();
                onChoose(value);
              }}
            >
              {value}
              {available ? null : <span className="sr-only"> ({t('sold_out')})</span>}
            </a>
          );
        })}
      </div>
    </fieldset>
  );
}

type StockProps = { variant: Variant; fresh: boolean; anyLeft: boolean; gone: boolean; hasLike: boolean };

function Stock({ variant, fresh, anyLeft, gone, hasLike }: StockProps) {
  const t = useTexts('goods');
  const common = useTexts('common');
  const locale = useLocale();
  if (!variant.available) {
    return (
      <Notice tone="mind" title={t(gone ? 'gone' : anyLeft ? 'choice_sold_out' : 'all_sold_out')}>
        {anyLeft ? (
          <p>{t('choose_another')}</p>
        ) : (
          <a
            href={hasLike ? '#related' : `/${locale}/products`}
            className="font-semibold text-leaf underline underline-offset-4"
          >
            {hasLike ? t('see_related') : common('all_goods')}
          </a>
        )}
      </Notice>
    );
  }
  const few = fresh && variant.quantity <= FEW;
  return (
    <p role="status" className="flex min-h-6 items-center gap-2.5 text-sm font-medium">
      <span aria-hidden="true" className={`size-2.5 rounded-full ${few ? 'bg-sun' : 'bg-leaf'}`} />
      {few
        ? t('only_left', { count: variant.quantity })
        : fresh
          ? t('left', { count: variant.quantity })
          : t('in_stock')}
    </p>
  );
}
