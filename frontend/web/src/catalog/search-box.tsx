import type { Locale } from '@/i18n/locales';
import { translator } from '@/i18n/messages';
import { Icon } from '@/ui/icons';

/** Works without JavaScript: it is a form whose answer is the search page. */
export function SearchBox({ locale }: { locale: Locale }) {
  const t = translator(locale, 'common');
  return (
    <form role="search" action={`/${locale}/search`} className="relative">
      <Icon name="search" className="pointer-events-none absolute top-3 left-3.5 size-5 text-soft" />
      <input
        type="search"
        name="q"
        aria-label={t('search')}
        placeholder={t('search')}
        autoComplete="off"
        className="h-11 w-full rounded-full border border-line bg-stall pr-4 pl-11 placeholder:text-soft"
      />
    </form>
  );
}
