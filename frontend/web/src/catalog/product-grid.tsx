import type { ReactNode } from 'react';

import type { Locale } from '@/i18n/locales';
import type { Messages } from '@/i18n/messages';
import type { Translate } from '@/i18n/translate';

import type { Product } from './goods';
import { ProductCard } from './product-card';

/** Two, three or four goods in a row: a full page of a list ends with a full row in each. */
export const GRID = 'grid grid-cols-2 gap-x-4 gap-y-8 sm:grid-cols-3 sm:gap-x-5 xl:grid-cols-4';
export const FIRST_ROW = 4;

type Props = {
  products: readonly Product[];
  locale: Locale;
  t: Translate<Messages['goods']>;
  eager?: boolean;
  className?: string;
  label?: string;
};

export function ProductGrid({ products, locale, t, eager = false, className = GRID, label }: Props): ReactNode {
  return (
    <ul className={className} aria-label={label}>
      {products.map((product, index) => (
        <li key={product.id}>
          <ProductCard product={product} locale={locale} t={t} eager={eager && index < FIRST_ROW} />
        </li>
      ))}
    </ul>
  );
}
