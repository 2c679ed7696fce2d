import Link from 'next/link';
import type { ReactNode } from 'react';

import { decimalsOf, type Money } from '@/i18n/format';
import type { Locale } from '@/i18n/locales';
import { translator } from '@/i18n/messages';
import { buttonLook } from '@/ui/button';
import { inputLook } from '@/ui/input-look';
import { Icon } from '@/ui/icons';

import { below, nameOf } from './categories';
import { categoryPath, type Category, type Facets } from './goods';
import { addressOf, isChosen, isNarrowed, toggled, type Wishes } from './list-address';
import { nameOfProperty, valueText } from './names';

/** Values of one property that are shown at once; the rest unfolds. */
const SHOWN = 8;

type Props = {
  locale: Locale;
  path: string;
  category: string | null;
  wishes: Wishes;
  tree: readonly Category[];
  currency: string;
  facets: Facets;
  count: string;
};

/**
 * What narrows a list, as links: it needs no JavaScript. On a wide screen it stands beside the goods; on a narrow one it is
 * a sheet that the browser opens by itself (`popover`).
 */
export function Filters(props: Props) {
  const { locale, path, wishes, facets, count } = props;
  const t = translator(locale, 'catalog');
  return (
    <aside
      id="filters"
      popover="auto"
      aria-label={t('filters')}
      className="sheet bg-paper text-ink lg:sticky lg:top-28 lg:block lg:max-h-[calc(100dvh-8rem)] lg:self-start lg:overflow-y-auto"
    >
      <div className="sticky top-0 z-10 flex items-center justify-between border-b border-line bg-paper px-5 py-3 lg:hidden">
        <h2 className="text-lg">{t('filters')}</h2>
        <button
          type="button"
          popoverTarget="filters"
          popoverTargetAction="hide"
          aria-label={t('close')}
          className="rounded-full p-3 hover:bg-sunken"
        >
          <Icon name="close" />
        </button>
      </div>
      <div className="divide-y divide-line px-5 lg:px-0">
        <Branches {...props} />
        <Group title={t('availability')}>
          <Choice href={addressOf(path, wishes, { in_stock: !wishes.in_stock })} chosen={wishes.in_stock}>
            {t('in_stock_only')}
          </Choice>
        </Group>
        <Prices {...props} />
        {Object.entries(facets.attributes).map(([name, values]) => (
          <Trait key={name} {...props} name={name} values={values} />
        ))}
      </div>
      <div className="sticky bottom-0 flex gap-3 border-t border-line bg-paper px-5 py-4 lg:hidden">
        {isNarrowed(wishes) ? (
          <Link
            href={addressOf(path, { ...wishes, ...NOTHING })}
            prefetch={false}
            scroll={false}
            className={buttonLook('quiet', 'flex-1')}
          >
            {t('remove_all')}
          </Link>
        ) : null}
        <button
          type="button"
          popoverTarget="filters"
          popoverTargetAction="hide"
          className={buttonLook('primary', 'flex-1')}
        >
          {count}
        </button>
      </div>
    </aside>
  );
}

const NOTHING = { min_price: null, max_price: null, in_stock: false, attributes: [] };

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <details open className="group py-4">
      <summary className="flex items-center justify-between py-1 font-semibold">
        {title}
        <Icon name="down" className="size-4 text-soft transition-transform group-open:rotate-180" />
      </summary>
      <div className="pt-1">{children}</div>
    </details>
  );
}

/** One value: a link that says whether it is chosen. */
function Choice({
  href,
  chosen,
  count,
  children,
}: {
  href: string;
  chosen: boolean;
  count?: string;
  children: ReactNode;
}) {
  return (
    <Link
      href={href}
      prefetch={false}
      scroll={false}
      rel="nofollow"
      aria-current={chosen ? 'true' : undefined}
      className="flex min-h-11 items-center gap-3 rounded-lg hover:text-leaf lg:min-h-9"
    >
      <span
        aria-hidden="true"
        className={`grid size-5 shrink-0 place-items-center rounded-md border ${chosen ? 'border-leaf bg-leaf text-on-leaf' : 'border-soft bg-stall'}`}
      >
        {chosen ? <Icon name="check" className="size-4" /> : null}
      </span>
      <span className="min-w-0 flex-1 wrap-anywhere">{children}</span>
      {count === undefined ? null : <span className="text-sm text-soft tabular-nums">{count}</span>}
    </Link>
  );
}

function Branches({ locale, category, wishes, tree, facets }: Props) {
  const t = translator(locale, 'catalog');
  const counted = facets.categories.map(({ value, count }) => ({ path: value, count }));
  const sum = (branch: string) =>
    counted
      .filter((one) => one.path === branch || one.path.startsWith(`${branch}/`))
      .reduce((most, one) => most + one.count, 0);
  const branches = below(tree, category)
    .map((step) => ({ ...step, count: sum(step.path) }))
    .filter((step) => step.count > 0);
  const above = category?.includes('/') ? category.slice(0, category.lastIndexOf('/')) : null;
  if (branches.length === 0 && !category) return null;
  return (
    <Group title={t('categories')}>
      <ul>
        {category ? (
          <li>
            <Link
              href={addressOf(`/${locale}${above ? categoryPath(above) : wishes.q ? '/search' : '/products'}`, wishes)}
              prefetch={false}
              className={BRANCH}
            >
              <Icon name="left" className="size-4" />
              {above ? nameOf(tree, above) : t('all_categories')}
            </Link>
          </li>
        ) : null}
        {branches.map((step) => (
          <li key={step.path}>
            <Link href={addressOf(`/${locale}${categoryPath(step.path)}`, wishes)} prefetch={false} className={BRANCH}>
              <span className="flex-1">{step.name}</span>
              <span className="text-sm text-soft tabular-nums">{valueText(locale, step.count)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Group>
  );
}

const BRANCH = 'flex min-h-11 items-center gap-2 hover:text-leaf lg:min-h-9';

function Prices({ locale, path, wishes, currency, facets }: Props) {
  const t = translator(locale, 'catalog');
  const decimals = decimalsOf(currency);
  const written = (amount: number | null) =>
    amount === null
      ? ''
      : new Intl.NumberFormat(locale, {
          useGrouping: false,
          minimumFractionDigits: decimals,
          maximumFractionDigits: decimals,
          trailingZeroDisplay: 'stripIfInteger',
        }).format(amount / 10 ** decimals);
  const hint = (money: Money | null) => written(money?.amount ?? null);
  const fields = [
    { name: 'from', label: t('price_least'), value: wishes.min_price, hint: hint(facets.price.min) },
    { name: 'to', label: t('price_most'), value: wishes.max_price, hint: hint(facets.price.max) },
  ];
  const sign =
    new Intl.NumberFormat(locale, { style: 'currency', currency })
      .formatToParts(0)
      .find(({ type }) => type === 'currency')?.value ?? currency;
  const kept = new URL(addressOf(path, { ...wishes, min_price: null, max_price: null }), 'http://shop').searchParams;
  return (
    <Group title={`${t('price')} (${sign})`}>
      <form key={`${wishes.min_price}-${wishes.max_price}`} action={path} className="flex items-end gap-2 py-1">
        {[...kept].map(([name, value]) => (
          <input key={`${name}=${value}`} type="hidden" name={name} value={value} />
        ))}
        {fields.map(({ name, label, value, hint: placeholder }) => (
          <label key={name} className="min-w-0 flex-1 text-sm">
            <span className="text-soft">{label}</span>
            <input
              name={name}
              inputMode="decimal"
              autoComplete="off"
              defaultValue={written(value)}
              placeholder={placeholder}
              className={`${inputLook()} mt-1 tabular-nums`}
            />
          </label>
        ))}
        <button
          type="submit"
          aria-label={t('apply')}
          className="grid size-11 shrink-0 place-items-center rounded-xl border border-line bg-stall hover:border-soft"
        >
          <Icon name="right" />
        </button>
      </form>
    </Group>
  );
}

type Values = Facets['attributes'][string];

function Trait({ locale, path, wishes, name, values }: Props & { name: string; values: Values }) {
  const t = translator(locale, 'catalog');
  const rows = values.map(({ value, count }) => {
    const attribute = { name, value: String(value) };
    const attributes = toggled(wishes.attributes, attribute);
    return (
      <li key={attribute.value}>
        <Choice
          href={addressOf(path, wishes, { attributes })}
          chosen={isChosen(wishes.attributes, attribute)}
          count={valueText(locale, count)}
        >
          {valueText(locale, value)}
        </Choice>
      </li>
    );
  });
  return (
    <Group title={nameOfProperty(locale, name)}>
      <ul>{rows.slice(0, SHOWN)}</ul>
      {rows.length > SHOWN ? (
        <details className="group/more">
          <summary className="inline-flex min-h-11 items-center text-sm font-medium text-leaf group-open/more:hidden">
            {t('more_values', { count: rows.length - SHOWN })}
          </summary>
          <ul>{rows.slice(SHOWN)}</ul>
        </details>
      ) : null}
    </Group>
  );
}
