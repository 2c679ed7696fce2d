import type { Locale } from '@/i18n/locales';
import { translator } from '@/i18n/messages';

// What a page brings of its own is there before it has loaded; what is fetched afterwards says by itself that it did not come.
const WATCH = `addEventListener('error',(e)=>{if(e.target instanceof HTMLScriptElement&&document.readyState!=='complete')document.documentElement.dataset.half=''},true)`;

/** Notes in the head of a page that a script of it did not arrive. */
export function HalfPageScript() {
  return <script dangerouslySetInnerHTML={{ __html: WATCH }} />;
}

/** Says so: nobody else could, for what would is not there. */
export function HalfPage({ locale }: { locale: Locale }) {
  const t = translator(locale, 'common');
  return (
    <p role="alert" data-nosnippet className="half-page bg-berry-soft px-4 py-3 text-center">
      {t('half')} {/* An empty address is this page's own. */}
      {/* eslint-disable-next-line jsx-a11y/anchor-is-valid */}
      <a href="" className="font-semibold underline underline-offset-4">
        {t('load_again')}
      </a>
    </p>
  );
}
