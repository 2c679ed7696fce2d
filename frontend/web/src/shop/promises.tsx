import type { Locale } from '@/i18n/locales';
import { translator } from '@/i18n/messages';
import { Icon, type IconName } from '@/ui/icons';

/** What a shopper may rely on here, whatever is sold. */
export function Promises({ locale }: { locale: Locale }) {
  const t = translator(locale, 'catalog');
  const promises: { icon: IconName; title: string; text: string }[] = [
    { icon: 'tag', title: t('promise_price_title'), text: t('promise_price') },
    { icon: 'live', title: t('promise_stock_title'), text: t('promise_stock') },
    { icon: 'basket', title: t('promise_hold_title'), text: t('promise_hold') },
  ];
  return (
    <section aria-labelledby="promises" className="mt-16 bg-leaf-soft sm:mt-24">
      <h2 id="promises" className="sr-only">
        {t('promises')}
      </h2>
      <ul className="shell grid gap-8 py-12 sm:py-16 md:grid-cols-3">
        {promises.map(({ icon, title, text }) => (
          <li key={icon}>
            <Icon name={icon} className="mb-4 size-9 text-leaf" />
            <h3 className="mb-1.5 text-xl">{title}</h3>
            <p className="max-w-sm text-pretty text-soft">{text}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}
