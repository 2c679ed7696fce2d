'use client';

import { useId, useState } from 'react';

import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, inputLook } from '@/ui/field';

import { useAdmin } from '../frame/admin-texts';
import { useSay } from '../frame/toasts';
import { Trouble } from '../frame/trouble';
import { useAct } from '../frame/use-act';
import { changeCategory, createCategory, deleteCategory, type Category } from './calls';
import { bodyOf, draftOf, placesFor, type Draft } from './draft';

type Props = { category: Category | null; all: readonly Category[]; onClose: () => void; onDone: () => void };

export function CategoryDialog({ category, all, onClose, onDone }: Props) {
  const { t } = useAdmin();
  const say = useSay();
  const [draft, setDraft] = useState(() => draftOf(category));
  const saving = useAct(
    () => {
      const body = bodyOf(draft, category);
      return category ? changeCategory(category.id, body) : createCategory(body);
    },
    () => {
      say(t('saved'));
      onDone();
    },
  );
  return (
    <Dialog open onClose={onClose} title={category?.name ?? t('new_category')} closeLabel={t('close')}>
      <form onSubmit={saving.submit} className="grid gap-4 p-5" noValidate>
        <Trouble failure={saving.failure} />
        <Fields draft={draft} set={setDraft} places={placesFor(category, all)} errors={saving.errors} />
        <Button type="submit" busy={saving.busy}>
          {t('save')}
        </Button>
      </form>
      {category ? <Deleting category={category} onDone={onDone} /> : null}
    </Dialog>
  );
}

type FieldsProps = {
  draft: Draft;
  set: (draft: Draft) => void;
  places: readonly Category[];
  errors: Record<string, string>;
};

function Fields({ draft, set, places, errors }: FieldsProps) {
  const { t, locale } = useAdmin();
  const id = useId();
  return (
    <>
      <Field
        name="name"
        label={t('name')}
        value={draft.name}
        required
        error={errors['name']}
        onChange={(event) => {
          set({ ...draft, name: event.target.value });
        }}
      />
      <Field
        name="translations.pt-BR.name"
        label={t('translated_name')}
        lang="pt-BR"
        value={draft.translatedName}
        error={errors['translations.pt-BR.name']}
        onChange={(event) => {
          set({ ...draft, translatedName: event.target.value });
        }}
      />
      <Field
        name="slug"
        label={t('slug')}
        hint={t('slug_hint')}
        value={draft.slug}
        error={errors['slug']}
        onChange={(event) => {
          set({ ...draft, slug: event.target.value });
        }}
      />
      <div>
        <label htmlFor={id} className="mb-1 block text-sm font-medium">
          {t('inside')}
        </label>
        <select
          id={id}
          name="parent"
          className={inputLook(Boolean(errors['parent']))}
          aria-invalid={errors['parent'] ? true : undefined}
          aria-describedby={`${id}-error`}
          value={draft.parent}
          onChange={(event) => {
            set({ ...draft, parent: event.target.value });
          }}
        >
          <option value="">{t('at_the_top')}</option>
          {places.map((place) => (
            <option key={place.id} value={place.path}>
              {`${'\u2003'.repeat(place.path.split('/').length - 1)}${place.translations[locale]?.name ?? place.name}`}
            </option>
          ))}
        </select>
        <p id={`${id}-error`} role="alert" className="mt-1 text-sm text-berry empty:hidden">
          {errors['parent']}
        </p>
      </div>
    </>
  );
}

function Deleting({ category, onDone }: { category: Category; onDone: () => void }) {
  const { t } = useAdmin();
  const say = useSay();
  const { submit, busy, failure } = useAct(
    () => deleteCategory(category.id),
    () => {
      say(t('deleted', { name: category.name }));
      onDone();
    },
  );
  return (
    <form onSubmit={submit} className="grid gap-3 border-t border-line p-5">
      <Trouble failure={failure} />
      <p className="text-sm text-soft">{t('delete_category_text')}</p>
      <Button type="submit" look="danger" busy={busy}>
        {t('delete')}
      </Button>
    </form>
  );
}
