'use client';

import { Button } from '@/ui/button';
import { Field } from '@/ui/field';

import { useAdmin } from '../frame/admin-texts';
import { emptyVariant, type DraftVariant } from './draft';

type Props = {
  variants: readonly DraftVariant[];
  currency: string;
  errors: Record<string, string>;
  onChange: (variants: readonly DraftVariant[]) => void;
};

/** A product's variants, each with its sku; one that is taken out is archived when the product is saved. */
export function Variants({ variants, currency, errors, onChange }: Props) {
  const { t } = useAdmin();
  return (
    <div className="grid gap-4">
      <p className="text-sm text-berry empty:hidden" role="alert">
        {errors['variants']}
      </p>
      {variants.map((variant, number) => (
        <VariantFields
          key={variant.key}
          name={`variants.${number}`}
          variant={variant}
          currency={currency}
          error={(field) => errors[`variants.${number}.${field}`]}
          put={(change) => {
            onChange(variants.map((other) => (other === variant ? { ...variant, ...change } : other)));
          }}
          remove={
            variants.length > 1
              ? () => {
                  onChange(variants.filter((other) => other !== variant));
                }
              : null
          }
        />
      ))}
      <p>
        <Button
          look="quiet"
          onClick={() => {
            onChange([...variants, emptyVariant()]);
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
  options: 'options',
  price: 'price.amount',
  before: 'compare_at_price.amount',
  weight: 'weight_g',
  stock: 'stock',
} as const;

type VariantProps = {
  name: string;
  variant: DraftVariant;
  currency: string;
  error: (field: string) => string | undefined;
  put: (change: Partial<DraftVariant>) => void;
  remove: (() => void) | null;
};

function VariantFields({ name, variant, currency, error, put, remove }: VariantProps) {
  const { t } = useAdmin();
  const fields = [
    ['sku', t('sku'), error('sku')],
    ['name', t('name'), error('name')],
    ['options', t('options'), error('options')],
    ['price', t('amount', { currency }), error('price.amount') ?? error('price')],
    ['before', t('price_before'), error('compare_at_price.amount') ?? error('compare_at_price')],
    ['weight', t('weight_g'), error('weight_g')],
    ...(variant.isNew ? ([['stock', t('stock'), error('stock')]] as const) : []),
  ] as const;
  const numeric = new Set<string>(['price', 'before', 'weight', 'stock']);
  return (
    <fieldset className="rounded-xl border border-line p-3">
      <legend className="px-1 text-sm font-medium">{variant.sku || t('new_variant')}</legend>
      <div className={`grid grid-cols-2 gap-3 md:grid-cols-4 ${variant.isNew ? 'xl:grid-cols-7' : 'xl:grid-cols-6'}`}>
        {fields.map(([field, label, wrong]) => (
          <Field
            key={field}
            name={`${name}.${FIELDS[field]}`}
            label={label}
            value={variant[field]}
            error={wrong}
            readOnly={field === 'sku' && !variant.isNew}
            inputMode={numeric.has(field) ? 'decimal' : 'text'}
            onChange={(event) => {
              put({ [field]: event.target.value });
            }}
          />
        ))}
      </div>
      {remove ? (
        <button
          type="button"
          onClick={remove}
          className="min-h-11 text-sm text-berry underline-offset-4 hover:underline"
        >
          {t('remove')}
        </button>
      ) : null}
    </fieldset>
  );
}
