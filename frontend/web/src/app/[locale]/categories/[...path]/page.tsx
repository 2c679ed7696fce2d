import type { Metadata } from 'next';
import Link from 'next/link';
import { notFound } from 'next/navigation';

import { below, trail } from '@/catalog/categories';
import { Crumbs } from '@/catalog/crumbs';
import { categoryPath, decoded } from '@/catalog/goods';
import { readWishes, type Asked } from '@/catalog/list-address';
import { categoriesOf } from '@/catalog/read';
import { Shelf } from '@/catalog/shelf';
import { isLocale } from '@/i18n/locales';
import { translator } from '@/i18n/messages';
import { Missing, missingMetadata } from '@/shop/missing';
import { pageMetadata } from '@/shop/page-metadata';

type Props = { params: Promise<{ locale: string; path: string[] }>; searchParams: Promise<Asked> };

export async function generateMetadata({ params, searchParams }: Props): Promise<Metadata> {
  const { locale, steps, here } = await branch(params);
  if (!here) return missingMetadata(locale);
  const index = Object.keys(await searchParams).length === 0;
  const names = steps.map(({ name }) => name);
  return pageMetadata({
    locale,
    path: categoryPath(here.path),
    title: names.toReversed().join(' · '),
    description: translator(locale, 'catalog')('category_text', { name: here.name }),
    index,
  });
}

export default async function CategoryPage({ params, searchParams }: Props) {
  const { locale, tree, steps, here } = await branch(params);
  if (!here) return <Missing locale={locale} />;
  const asked = await searchParams;
  const { q } = readWishes(asked);
  const t = translator(locale, 'catalog');
  const branches = below(tree, here.path);
  return (
    <Shelf
      locale={locale}
      path={`/${locale}${categoryPath(here.path)}`}
      category={here.path}
      asked={asked}
      crumbs={<Crumbs locale={locale} steps={steps} />}
      heading={
        <h1 className="text-4xl sm:text-5xl">{q ? t('search_in', { words: q, name: here.name }) : here.name}</h1>
      }
      branches={
        branches.length > 0 ? (
          <ul
            aria-label={t('branches')}
            className="-mx-4 mb-8 flex gap-2 overflow-x-auto px-4 py-1 sm:mx-0 sm:flex-wrap sm:px-0"
          >
            {branches.map((step) => (
              <li key={step.path}>
                <Link href={`/${locale}${categoryPath(step.path)}`} prefetch={false} className={PILL}>
                  {step.name}
                </Link>
              </li>
            ))}
          </ul>
        ) : null
      }
    />
  );
}

const PILL =
  'inline-flex min-h-11 items-center rounded-full border border-line bg-stall px-4 font-medium whitespace-nowrap hover:border-soft';

/** The way to the category of the address; `here` is nothing if there is no such category. */
async function branch(params: Props['params']) {
  const { locale, path } = await params;
  if (!isLocale(locale)) notFound();
  const tree = await categoriesOf(locale);
  const steps = trail(tree, path.map(decoded).join('/')) ?? [];
  return { locale, tree, steps, here: steps.at(-1) };
}
