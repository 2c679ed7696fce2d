import { LANGUAGES, type Locale } from '@/i18n/locales';
import { translator } from '@/i18n/messages';
import { ThemeSwitch } from '@/ui/theme-switch';

import { LanguageLink } from './language-link';

export function Footer({ locale, locales }: { locale: Locale; locales: readonly Locale[] }) {
  const t = translator(locale, 'common');
  return (
    <footer className="mt-20 border-t border-line text-soft">
      <div className="shell flex flex-wrap items-center gap-x-6 gap-y-3 py-8 text-sm">
        <p>{t('powered')}</p>
        <a href="/docs" className="underline underline-offset-4 hover:text-ink">
          {t('api')}
        </a>
        <nav aria-label={t('language')} className="ml-auto flex gap-4">
          {locales.map((other) => (
            <LanguageLink key={other} to={other} current={other === locale}>
              {LANGUAGES[other]}
            </LanguageLink>
          ))}
        </nav>
        <ThemeSwitch />
      </div>
    </footer>
  );
}
