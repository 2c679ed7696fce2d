'use client';

import { Button } from '@/ui/button';
import { Field } from '@/ui/field';

import { useAdmin } from '../frame/admin-texts';
import { PairRows } from '../rows/pair-rows';
import { OPTIONS_MAX } from '../rows/rows';
import { useRowFocus } from '../rows/use-row-focus';
import { emptyVariant, type DraftVariant } from './draft';
import { KNOWN } from './known-names';

type Props = {
  variants: readonly DraftVariant[];
  currency: string;
  /** The variants that `errors` speak of. */
  sent: readonly DraftVariant[];
  errors: Record<string, string>;
  onChange: (variants: readonly DraftVariant[]) => void;
};

/** A product's variants, each with its sku; one that is taken out is archived when the product is saved. */
export function Variants({ variants, currency, sent, errors, onChange }: Props) {
  const { t } = useAdmin();
  const { list, add, added, removed } = useRowFocus<HTMLDivElement>(variants);
  return (
    <div className="grid gap-4">
      <p className="text-sm text-berry empty:hidden" role="alert">
        {errors['variants']}
      </p>
      <div ref={list} className="grid gap-4">
        {variants.map((variant) => {
          const at = sent.findIndex(({ key }) => key === variant.key);
          return (
            <VariantFields
              key={variant.key}
              name={`variants.${at}`}
              variant={variant}
              currency={currency}
              sent={sent[at] ?? variant}
              errors={errors}
              put={(change) => {
                onChange(variants.map((other) => (other === variant ? { ...variant, ...change } : other)));
              }}
              remove={
                variants.length > 1
                  ? () => {
                      removed();
                      onChange(variants.filter((other) => other !== variant));
                    }
                  : null
              }
            />
          );
        })}
      </div>
      <p>
        <Button
          ref={add}
          look="quiet"
          onClick={() => {
            added();
            onChange([...variants, emptyVariant(variants.at(-1))]);
          }}
        >
          {t('add_variant')}
        </Button>
      </p>
    </div>
  );
}

/** How the API calls what is typed, so that what it refuses is found. */
const FIELDS = {
  sku: 'sku',
  name: 'name',
  price: 'price.amount',
  before: 'compare_at_price.amount',
  weight: 'weight_g',
  stock: 'stock',
} as const;

type VariantProps = {
  /** What the API called it, such as `variants.0`. */
  name: string;
  variant: DraftVariant;
  currency: string;
  sent: DraftVariant;
  errors: Record<string, string>;
  put: (change: Partial<DraftVariant>) => void;
  remove: (() => void) | null;
};

function VariantFields({ name, variant, currency, sent, errors, put, remove }: VariantProps) {
  const { t } = useAdmin();
  const error = (field: string) => errors[`${name}.${field}`];
  const fields = [
    ['sku', t('sku'), error('sku')],
    ['name', t('name'), error('name')],
    ['price', t('amount', { currency }), error('price.amount') ?? error('price')],
    ['before', t('price_before'), error('compare_at_price.amount') ?? error('compare_at_price')],
    ['weight', t('weight_g'), error('weight_g')],
    ...(variant.isNew ? ([['stock', t('stock'), error('stock')]] as const) : []),
  ] as const;
  const numeric = new Set<string>(['price', 'before', 'weight', 'stock']);
  return (
    <fieldset className="rounded-xl border border-line p-3">
      <legend className="px-1 text-sm font-medium">{variant.sku || t('new_variant')}</legend>
      <div className={`grid grid-cols-2 gap-3 md:grid-cols-3 ${variant.isNew ? 'xl:grid-cols-6' : 'xl:grid-cols-5'}`}>
        {fields.map(([field, label, wrong]) => (
          <Field
            key={field}
            name={`${name}.${FIELDS[field]}`}
            label={label}
            value={variant[field]}
            error={wrong}
            readOnly={field === 'sku' && !variant.isNew}
            hint={field === 'sku' && !variant.isNew ? t('stays') : undefined}
            inputMode={numeric.has(field) ? 'decimal' : 'text'}
            onChange={(event) => {
              put({ [field]: event.target.value });
            }}
          />
        ))}
      </div>
      <div className="mt-3 max-w-2xl">
        <PairRows
          title={t('options')}
          one={t('option')}
          adding={t('add_option')}
          field={`${name}.options`}
          rows={variant.options}
          rowsMax={OPTIONS_MAX}
          suggested={KNOWN}
          sent={sent.options}
          errors={errors}
          onChange={(options) => {
            put({ options });
          }}
        >
          {remove ? (
            <button
              type="button"
              onClick={remove}
              className="min-h-11 text-sm text-berry underline-offset-4 hover:underline"
            >
              {t('remove_variant')}
            </button>
          ) : null}
        </PairRows>
      </div>
    </fieldset>
  );
}
