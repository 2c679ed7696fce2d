import Link from 'next/link';

import type { components } from '@/api/schema';
import type { Locale } from '@/i18n/locales';
import { Picture } from '@/ui/picture';
import { Price } from '@/ui/price';

export type Product = components['schemas']['ProductItem'];

const SIZES = '(min-width: 1024px) 22vw, (min-width: 640px) 30vw, 45vw';

export function ProductCard({ product, locale, eager = false }: { product: Product; locale: Locale; eager?: boolean }) {
  return (
    <Link href={`/${locale}/products/${product.slug}`} prefetch={false} className="group block">
      <div className="mb-3 grid aspect-square place-items-center overflow-hidden rounded-stall bg-sunken">
        {product.image ? (
          <Picture
            image={product.image}
            sizes={SIZES}
            eager={eager}
            className="size-3/5 object-contain transition-transform group-hover:scale-105"
          />
        ) : null}
      </div>
      <h3 className="font-sans text-base font-medium tracking-normal">{product.name}</h3>
      <Price price={product.price} before={product.compare_at_price} locale={locale} />
    </Link>
  );
}
