'use client';

import { useRouter } from 'next/navigation';
import { useCallback, useRef, useState, type ReactNode } from 'react';

import { useMine } from '@/account/use-mine';
import { refusalOf } from '@/api/problem';
import { Button } from '@/ui/button';
import { Field } from '@/ui/field';
import { Notice } from '@/ui/notice';

import { useAdmin } from '../frame/admin-texts';
import { Heading } from '../frame/heading';
import { useSay } from '../frame/toasts';
import { Trouble, troubleOf } from '../frame/trouble';
import { useUnsaved } from '../frame/unsaved';
import { useAct } from '../frame/use-act';
import { PairRows, Suggested } from '../rows/pair-rows';
import { ATTRIBUTES_MAX } from '../rows/rows';
import { askSettings } from '../settings/calls';
import { archive, askProduct, change, create, restore, type Product } from './calls';
import { CategoryChoice } from './category-choice';
import { bodyOf, changesOf, draftOf, emptyDraft, wrongRows, type Draft } from './draft';
import { KNOWN, KNOWN_NAMES } from './known-names';
import { Pictures } from './pictures';
import { TextArea } from './text-area';
import { Variants } from './variants';

/** Makes a product (`id` null) or changes one. */
export function ProductEditor({ id }: { id: string | null }) {
  const { t, locale } = useAdmin();
  const [anew, setAnew] = useState(0);
  const settings = useMine(askSettings);
  const product = useMine<Product | null>(
    useCallback(async () => (id === null ? { ok: true, data: null, response: new Response() } : askProduct(id)), [id]),
  );
  const failure = settings.failure ?? product.failure;
  if (failure) {
    return (
      <>
        <Heading title={t('product')} />
        <div className="grid justify-items-start gap-4">
          <Trouble failure={failure} />
          <Button
            look="quiet"
            onClick={() => {
              settings.reload();
              product.reload();
            }}
          >
            {t('retry')}
          </Button>
        </div>
      </>
    );
  }
  if (!settings.data || (id !== null && !product.data)) {
    return (
      <>
        <Heading title={t('product')} />
        <div className="h-96 rounded-stall bg-sunken" aria-busy="true" />
      </>
    );
  }
  return (
    <Editing
      key={`${product.data?.id ?? 'new'} ${anew}`}
      product={product.data}
      currency={settings.data.currency}
      first={product.data ? draftOf(product.data, locale) : emptyDraft()}
      changed={product.set}
      begin={(found) => {
        product.set(found);
        setAnew((times) => times + 1);
      }}
    />
  );
}

type Editing = {
  product: Product | null;
  currency: string;
  first: Draft;
  changed: (product: Product) => void;
  /** Begin anew with what is there now. */
  begin: (product: Product) => void;
};

function Editing({ product, currency, first, changed, begin }: Editing) {
  const { t, locale } = useAdmin();
  const say = useSay();
  const router = useRouter();
  const [kept, setKept] = useState(first);
  const [draft, setDraft] = useState(first);
  const [sent, setSent] = useState(first);
  useUnsaved(draft !== kept);
  const insisting = useRef(false);
  const set = (change: Partial<Draft>) => {
    setDraft((old) => ({ ...old, ...change }));
  };
  const { submit, busy, failure, errors } = useAct(
    async () => {
      const isInsisting = insisting.current;
      insisting.current = false;
      setSent(draft);
      const wrong = wrongRows(draft, kept, locale);
      if (wrong.length > 0) return { ok: false, failure: refusalOf(wrong) };
      const body = bodyOf(draft, currency, locale, product);
      if (!product) return create(body);
      const changes = changesOf(body, bodyOf(kept, currency, locale, product));
      if (Object.keys(changes).length === 0) return { ok: true, data: product, response: new Response() };
      return change(product.id, changes, isInsisting ? null : product.changed_at);
    },
    (saved) => {
      const next = draftOf(saved, locale, draft);
      setKept(next);
      setDraft(next);
      say(t('saved'));
      if (product) changed(saved);
      else router.replace(`/admin/products/${saved.id}`);
    },
  );

  async function putAway() {
    if (!product) return;
    const result = await (product.archived ? restore(product.id) : archive(product.id));
    if (!result.ok) {
      say(troubleOf(result.failure, t), { bad: true });
      return;
    }
    const found = await askProduct(product.id);
    if (found.ok) changed(found.data);
    say(t(product.archived ? 'restored' : 'archived', { name: product.name }));
  }

  return (
    <form onSubmit={submit} noValidate>
      <Heading title={product ? product.name : t('new_product')} stays>
        {product ? (
          <>
            <a
              className="min-h-11 px-3 py-2.5 text-leaf underline-offset-4 hover:underline"
              href={`/${locale}/products/${product.slug}`}
            >
              {t('see_in_shop')}
            </a>
            <Button look="quiet" onClick={() => void putAway()}>
              {product.archived ? t('restore') : t('archive')}
            </Button>
          </>
        ) : null}
        <Button type="submit" busy={busy}>
          {t('save')}
        </Button>
      </Heading>
      <Suggested id={KNOWN} names={KNOWN_NAMES} />
      <div className="grid gap-6">
        {failure?.code === 'product_changed' && product ? (
          <Overtaken
            id={product.id}
            busy={busy}
            begin={begin}
            insist={() => {
              insisting.current = true;
            }}
          />
        ) : (
          <Trouble failure={failure} />
        )}
        <Box title={t('texts')}>
          <div className="grid gap-4 lg:grid-cols-2">
            <Text draft={draft} set={set} errors={errors} />
          </div>
        </Box>
        <Box title={t('pictures')}>
          <Pictures
            images={draft.images}
            onChange={(images) => {
              set({ images });
            }}
          />
        </Box>
        <Box title={t('variants')}>
          <Variants
            variants={draft.variants}
            currency={currency}
            sent={sent.variants}
            errors={errors}
            onChange={(variants) => {
              set({ variants });
            }}
          />
        </Box>
        <Box title={t('order_of_things')}>
          <div className="grid gap-4 lg:grid-cols-2">
            <CategoryChoice
              chosen={draft.categories}
              error={errors['categories']}
              onChange={(categories) => {
                set({ categories });
              }}
            />
            <PairRows
              title={t('attributes')}
              one={t('attribute')}
              adding={t('add_attribute')}
              hint={t('attributes_hint')}
              field="attributes"
              rows={draft.attributes}
              rowsMax={ATTRIBUTES_MAX}
              kinds
              suggested={KNOWN}
              sent={sent.attributes}
              errors={errors}
              onChange={(attributes) => {
                set({ attributes });
              }}
            />
          </div>
        </Box>
      </div>
    </form>
  );
}

type Overtaken = { id: string; busy: boolean; begin: (product: Product) => void; insist: () => void };

/** Somebody else was first: what they changed can be looked at, or what is changed here saved beside it. */
function Overtaken({ id, busy, begin, insist }: Overtaken) {
  const { t } = useAdmin();
  const say = useSay();
  async function load() {
    const found = await askProduct(id);
    if (found.ok) begin(found.data);
    else say(troubleOf(found.failure, t), { bad: true });
  }
  return (
    <Notice tone="bad" title={t('code_product_changed')}>
      <p className="mt-1 text-sm">{t('product_changed_text')}</p>
      <div className="mt-3 flex flex-wrap gap-3">
        <Button type="submit" look="quiet" busy={busy} onClick={insist}>
          {t('save_over')}
        </Button>
        <Button look="quiet" onClick={() => void load()}>
          {t('settings_load')}
        </Button>
      </div>
    </Notice>
  );
}

type TextProps = { draft: Draft; set: (change: Partial<Draft>) => void; errors: Record<string, string> };

function Text({ draft, set, errors }: TextProps) {
  const { t } = useAdmin();
  return (
    <>
      <Field
        name="name"
        label={t('name')}
        value={draft.name}
        required
        error={errors['name']}
        onChange={(event) => {
          set({ name: event.target.value });
        }}
      />
      <Field
        name="slug"
        label={t('slug')}
        hint={t('slug_hint')}
        value={draft.slug}
        error={errors['slug']}
        onChange={(event) => {
          set({ slug: event.target.value });
        }}
      />
      <TextArea
        label={t('description')}
        hint={t('markdown_hint')}
        value={draft.description}
        error={errors['description']}
        onChange={(description) => {
          set({ description });
        }}
      />
      <div className="grid content-start gap-4">
        <Field
          label={t('translated_name')}
          value={draft.translatedName}
          lang="pt-BR"
          error={errors['translations.pt-BR.name']}
          onChange={(event) => {
            set({ translatedName: event.target.value });
          }}
        />
        <TextArea
          label={t('translated_description')}
          value={draft.translatedDescription}
          error={errors['translations.pt-BR.description']}
          onChange={(translatedDescription) => {
            set({ translatedDescription });
          }}
        />
      </div>
    </>
  );
}

function Box({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="min-w-0 rounded-stall border border-line bg-stall p-4 sm:p-5">
      <h2 className="mb-4 text-lg">{title}</h2>
      {children}
    </section>
  );
}
