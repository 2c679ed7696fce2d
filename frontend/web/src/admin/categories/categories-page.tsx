'use client';

import { useMemo, useState } from 'react';

import { Button } from '@/ui/button';

import { useAdmin } from '../frame/admin-texts';
import { Heading } from '../frame/heading';
import { Listing, type Column } from '../list/listing';
import { useList } from '../list/use-list';
import { askCategories, type Category } from './calls';
import { CategoryDialog } from './category-dialog';

const keyOf = (category: Category) => category.id;

/** The tree of shelves: each can be renamed, moved with all that is in it, and deleted when nothing is. */
export function CategoriesPage() {
  const { t, locale } = useAdmin();
  const list = useList(askCategories, keyOf);
  const [open, setOpen] = useState<Category | 'new' | null>(null);
  const names = useMemo(
    () => new Map(list.items?.map(({ path, name, translations }) => [path, translations[locale]?.name ?? name])),
    [list.items, locale],
  );
  const columns: Column<Category>[] = [
    {
      name: t('category'),
      cell: (category) => (
        <button
          type="button"
          className="min-h-11 text-left font-semibold text-leaf underline-offset-4 hover:underline"
          style={{ paddingInlineStart: `${(category.path.split('/').length - 1) * 1.5}rem` }}
          onClick={() => {
            setOpen(category);
          }}
        >
          {names.get(category.path)}
        </button>
      ),
    },
    { name: t('slug'), cell: (category) => <span className="break-all text-soft">{category.path}</span> },
  ];
  return (
    <>
      <Heading title={t('categories')}>
        <Button
          onClick={() => {
            setOpen('new');
          }}
        >
          {t('new_category')}
        </Button>
      </Heading>
      <p className="mb-4 max-w-3xl text-soft">{t('categories_text')}</p>
      <Listing caption={t('categories')} columns={columns} list={list} keyOf={keyOf} empty={t('no_categories')} />
      {open ? (
        <CategoryDialog
          category={open === 'new' ? null : open}
          all={list.items ?? []}
          onClose={() => {
            setOpen(null);
          }}
          onDone={() => {
            setOpen(null);
            list.reload();
          }}
        />
      ) : null}
    </>
  );
}
