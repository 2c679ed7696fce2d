import type { Locale } from '@/i18n/locales';
import { textsOf, translator } from '@/i18n/messages';
import { Texts } from '@/i18n/texts';

import { DemoControls } from './demo-controls';

/** A strip over a shop that is only tried: where its mails are read, what it is paid with, and a bot that buys. */
export function DemoBanner({ locale }: { locale: Locale }) {
  const t = translator(locale, 'demo');
  return (
    <aside aria-label={t('demo')} className="bg-sun-soft text-sm text-ink">
      <div className="shell flex min-h-11 items-center justify-between gap-x-4">
        <p className="max-sm:sr-only">
          <strong className="font-semibold">{t('demo')}</strong>
          <span className="ml-2 hidden lg:inline">{t('demo_text')}</span>
        </p>
        <Texts locale={locale} texts={textsOf(locale, 'demo')}>
          <DemoControls />
        </Texts>
      </div>
    </aside>
  );
}
