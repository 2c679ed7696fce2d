import { formatMoney } from '@/i18n/format';
import type { Locale } from '@/i18n/locales';
import { translator } from '@/i18n/messages';
import { ButtonLink } from '@/ui/button';
import { Picture } from '@/ui/picture';
import { SwiftLink } from '@/ui/swift-link';

import { productPath, type Product } from './goods';
import type { Stall } from './read-home';

/** Goods on the counter; a narrow screen shows the first of them. */
const ON_COUNTER = 7;
const LEANS = ['-rotate-3', 'rotate-2', '-rotate-1', 'rotate-3', '-rotate-2', 'rotate-1', '-rotate-2'] as const;
const FROM_WIDTH = ['', '', '', 'hidden sm:block', 'hidden md:block', 'hidden lg:block', 'hidden xl:block'] as const;

/** The front of the market: an awning, a counter with goods on it, and a sign with the price before each. */
export function StallFront({ locale, stalls }: { locale: Locale; stalls: readonly Stall[] }) {
  const t = translator(locale, 'catalog');
  const goods = fromEach(stalls);
  return (
    <section className="overflow-hidden bg-wall">
      <div className="big-awning" aria-hidden="true" />
      <div className="shell grid items-end gap-x-10 gap-y-6 pt-10 pb-10 sm:pt-14 lg:grid-cols-[minmax(0,8fr)_minmax(0,4fr)] lg:pb-6">
        <h1 className="text-[clamp(2.75rem,8.5vw,6rem)] leading-[0.92] font-extrabold tracking-[-0.035em]">
          {t('hero_title')}
        </h1>
        <div className="max-w-md lg:pb-2">
          <p className="mb-5 text-lg text-pretty sm:text-xl">{t('hero_text')}</p>
          <ButtonLink href={`/${locale}/products`} className="px-7 text-lg" look="primary">
            {t('hero_link')}
          </ButtonLink>
        </div>
      </div>
      {goods.length > 0 ? (
        <ul className="relative shell flex items-end justify-between gap-3 sm:gap-5">
          {goods.map((product, index) => (
            <li key={product.id} className={`min-w-0 flex-1 basis-0 ${FROM_WIDTH[index]}`}>
              <OnCounter product={product} locale={locale} lean={LEANS[index] ?? ''} />
            </li>
          ))}
        </ul>
      ) : null}
      <div className="counter" aria-hidden="true" />
    </section>
  );
}

function OnCounter({ product, locale, lean }: { product: Product; locale: Locale; lean: string }) {
  return (
    <SwiftLink href={`/${locale}${productPath(product.slug)}`} className="group block rounded-xl">
      <div className="relative z-10 mx-auto -mb-2.5 aspect-square w-full max-w-40 px-[6%]">
        {product.image ? (
          <Picture
            image={{ ...product.image, alt: '' }}
            sizes="(min-width: 640px) 140px, 28vw"
            eager
            className="size-full object-contain object-bottom transition-transform duration-300 group-hover:-translate-y-1.5"
          />
        ) : null}
      </div>
      {/* Half of the sign hangs before the counter. */}
      <div className="relative z-10 -mb-28 flex h-28 items-start justify-center pt-5">
        <div className={`sign transition-transform group-hover:rotate-0 ${lean}`}>
          <p className="line-clamp-2 text-xs leading-tight font-medium sm:text-sm">{product.name}</p>
          <p className="mt-1 font-display text-lg leading-none font-extrabold tracking-tight tabular-nums sm:text-2xl">
            {formatMoney(product.price, locale)}
          </p>
        </div>
      </div>
    </SwiftLink>
  );
}

/** One product of as many different stalls as fit, from all over the market. */
function fromEach(stalls: readonly Stall[]): Product[] {
  const pictured = stalls.flatMap(({ goods }) => goods.filter(({ image }) => image).slice(-1));
  const step = Math.max(pictured.length / ON_COUNTER, 1);
  return Array.from(
    { length: Math.min(ON_COUNTER, pictured.length) },
    (_, index) => pictured[Math.floor(index * step)],
  ).filter((product) => product !== undefined);
}
