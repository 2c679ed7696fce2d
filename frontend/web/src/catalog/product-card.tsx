import { ViewTransition } from 'react';

import type { Locale } from '@/i18n/locales';
import type { Messages } from '@/i18n/messages';
import type { Translate } from '@/i18n/translate';
import { NoPicture, Picture } from '@/ui/picture';
import { Price } from '@/ui/price';
import { SwiftLink } from '@/ui/swift-link';

import { isLarge, percentOff, productPath, tintOf, type Product } from './goods';

const SIZES = '(min-width: 1280px) 190px, (min-width: 768px) 20vw, 34vw';

type Props = {
  product: Product;
  locale: Locale;
  t: Translate<Messages['goods']>;
  eager?: boolean;
  /** Whether its picture becomes the product page's: for one of those that show a product on a page. */
  moves?: boolean;
};

export function ProductCard({ product, locale, t, eager = false, moves = true }: Props) {
  // A drawing stands on its cloth; a photograph brings its own ground.
  const place = product.image && isLarge(product.image) ? 'inset-[7%]' : 'inset-[19%]';
  const off = percentOff(product.price.amount, product.compare_at_price?.amount);
  const picture = product.image ? (
    <Picture
      image={product.image}
      sizes={SIZES}
      eager={eager}
      className="size-full object-contain transition-transform duration-300 group-hover:scale-106"
    />
  ) : (
    <NoPicture />
  );
  return (
    <SwiftLink href={`/${locale}${productPath(product.slug)}`} className="group relative flex h-full flex-col">
      <div
        className={`relative mb-3 aspect-square overflow-hidden rounded-stall ${tintOf(product.categories)} ${product.available ? '' : 'opacity-60 saturate-50'}`}
      >
        {moves ? (
          <ViewTransition name={`goods-${product.slug}`} share="goods" default="none">
            <div className={`absolute ${place}`}>{picture}</div>
          </ViewTransition>
        ) : (
          <div className={`absolute ${place}`}>{picture}</div>
        )}
      </div>
      {off > 0 && product.available ? <span className={TAG}>{t('percent_off', { percent: off })}</span> : null}
      {product.available ? null : <span className={TAG}>{t('sold_out')}</span>}
      <h3
        dir="auto"
        className="mb-1 line-clamp-3 font-sans text-base leading-snug font-medium tracking-normal text-pretty wrap-anywhere underline-offset-4 group-hover:underline"
      >
        {product.name}
      </h3>
      <Price price={product.price} before={product.compare_at_price} locale={locale} />
    </SwiftLink>
  );
}

const TAG = 'absolute top-2.5 left-2.5 rounded-full bg-stall px-2.5 py-1 text-xs leading-none font-semibold text-ink';
