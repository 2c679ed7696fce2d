'use client';

import { useMine } from '@/account/use-mine';

import { useAdmin } from '../frame/admin-texts';
import { Trouble } from '../frame/trouble';
import { askCategories } from './calls';

type Props = { chosen: readonly string[]; error?: string | undefined; onChange: (paths: readonly string[]) => void };

export function CategoryChoice({ chosen, error, onChange }: Props) {
  const { t, locale } = useAdmin();
  const { data, failure, reload } = useMine(askCategories);
  return (
    <fieldset>
      <legend className="mb-1 text-sm font-medium">{t('categories')}</legend>
      <Trouble failure={failure} />
      {failure ? (
        <button type="button" onClick={reload} className="min-h-11 text-leaf underline-offset-4 hover:underline">
          {t('retry')}
        </button>
      ) : null}
      <div className="max-h-64 min-h-32 overflow-y-auto rounded-xl border border-line p-2">
        {data?.items.map((category) => (
          <label
            key={category.id}
            className="flex min-h-10 items-center gap-2 rounded-lg px-2 hover:bg-paper"
            style={{ marginInlineStart: `${category.path.split('/').length - 1}rem` }}
          >
            <input
              type="checkbox"
              className="size-5 accent-leaf"
              checked={chosen.includes(category.path)}
              onChange={(event) => {
                onChange(
                  event.target.checked ? [...chosen, category.path] : chosen.filter((path) => path !== category.path),
                );
              }}
            />
            {category.translations[locale]?.name ?? category.name}
          </label>
        ))}
      </div>
      <p className="mt-1 text-sm text-berry">{error}</p>
    </fieldset>
  );
}
