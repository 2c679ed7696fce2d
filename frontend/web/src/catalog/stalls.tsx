import type { Locale } from '@/i18n/locales';
import { translator } from '@/i18n/messages';
import { Picture } from '@/ui/picture';
import { SwiftLink } from '@/ui/swift-link';

import { categoryPath, tintOf } from './goods';
import type { Stall } from './read-home';

/** The market's stalls, each with something that lies on it. */
export function Stalls({ locale, stalls }: { locale: Locale; stalls: readonly Stall[] }) {
  const t = translator(locale, 'catalog');
  if (stalls.length === 0) return null;
  return (
    <section className="shell mt-14 sm:mt-20">
      <h2 className="mb-6 text-3xl sm:text-4xl">{t('walk')}</h2>
      <ul className="grid grid-cols-3 gap-x-3 gap-y-6 sm:grid-cols-4 md:gap-x-5 lg:grid-cols-7">
        {stalls.map(({ path, name, goods }) => {
          const image = goods.find((product) => product.image)?.image;
          return (
            <li key={path}>
              <SwiftLink href={`/${locale}${categoryPath(path)}`} className="group block text-center">
                <span className={`relative mb-2.5 block aspect-square rounded-full ${tintOf([path])}`}>
                  {image ? (
                    <Picture
                      image={{ ...image, alt: '' }}
                      sizes="(min-width: 1024px) 90px, 18vw"
                      className="absolute inset-[22%] size-[56%] object-contain transition-transform duration-300 group-hover:scale-110"
                    />
                  ) : null}
                </span>
                <span className="text-sm leading-tight font-medium wrap-anywhere underline-offset-4 group-hover:underline sm:text-base">
                  {name}
                </span>
              </SwiftLink>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
