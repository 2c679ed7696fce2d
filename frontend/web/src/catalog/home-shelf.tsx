import type { Locale } from '@/i18n/locales';
import { translator } from '@/i18n/messages';
import { ButtonLink } from '@/ui/button';

import type { Product } from './goods';
import { ProductGrid } from './product-grid';

type Props = { locale: Locale; title: string; products: readonly Product[]; more?: { href: string; text: string } };

export function HomeShelf({ locale, title, products, more }: Props) {
  return (
    <section className="shell mt-16 sm:mt-24">
      <h2 className="mb-6 text-3xl sm:text-4xl">{title}</h2>
      <ProductGrid
        products={products}
        locale={locale}
        t={translator(locale, 'goods')}
        className="grid grid-cols-2 gap-x-4 gap-y-8 sm:gap-x-5 md:grid-cols-4"
      />
      {more ? (
        <p className="mt-10 text-center">
          <ButtonLink href={more.href} prefetch={false} look="quiet">
            {more.text}
          </ButtonLink>
        </p>
      ) : null}
    </section>
  );
}
