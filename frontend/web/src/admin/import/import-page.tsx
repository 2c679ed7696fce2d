'use client';

import { useId, useState, type ReactNode } from 'react';

import { api, outcome } from '@/api/browser';
import type { Failure } from '@/api/problem';
import type { components } from '@/api/schema';
import { Button, buttonLook } from '@/ui/button';
import { Notice } from '@/ui/notice';

import { useAdmin } from '../frame/admin-texts';
import { Heading } from '../frame/heading';
import { Trouble } from '../frame/trouble';
import { fieldName, wordOf } from '../frame/words';

type Report = components['schemas']['Report'];
type Shown = { report: Report; preview: boolean };

const ROWS_SHOWN_MAX = 200;

const EXAMPLE = [
  'slug,name,description,categories,image,sku,options,price,currency,compare_at_price,weight_g,stock',
  'rose-mango,Rose mango,"Small, rosy mangoes",fruit/tropical,,ROSE-MANGO-1KG,weight=1 kg,8.90,,,1000,148',
  'rose-mango,Rose mango,,,,ROSE-MANGO-3KG,weight=3 kg,24.90,,26.70,3000,40',
].join('\r\n');

type Kind = 'text/csv' | 'application/x-ndjson';

/** A file's kind by its name, for browsers call a CSV many things; null if it is none that can be read. */
function kindOf(file: File): Kind | null {
  if (/\.csv$/i.test(file.name)) return 'text/csv';
  return /\.(?:nd)?json(?:l)?$/i.test(file.name) ? 'application/x-ndjson' : null;
}

const send = (file: File, kind: Kind, preview: boolean) =>
  outcome(
    api.POST('/v1/admin/products/import', {
      params: { query: { preview } },
      body: file,
      bodySerializer: (body: unknown) => body as File,
      headers: { 'content-type': kind },
    }),
  );

/** An import is looked at first: what it would do, and every row that is wrong. What is right can then be taken in. */
export function ImportPage() {
  const { t } = useAdmin();
  const id = useId();
  const [file, setFile] = useState<File | null>(null);
  const [shown, setShown] = useState<Shown | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);

  async function run(chosen: File, preview: boolean) {
    setFailure(null);
    const kind = kindOf(chosen);
    if (!kind) return;
    setBusy(true);
    const result = await send(chosen, kind, preview);
    setBusy(false);
    if (result.ok) setShown({ report: result.data, preview });
    else setFailure(result.failure);
  }

  const willChange = shown?.preview ? shown.report.created + shown.report.updated : 0;
  return (
    <>
      <Heading title={t('import')} />
      <div className="grid max-w-3xl gap-6">
        <p className="text-soft">{t('import_text')}</p>
        <div className="flex flex-wrap items-center gap-4">
          <input
            id={id}
            type="file"
            accept=".csv,.ndjson,.jsonl,text/csv,application/x-ndjson"
            disabled={busy}
            className="peer sr-only"
            onChange={(event) => {
              const chosen = event.target.files?.[0] ?? null;
              event.target.value = '';
              setFile(chosen);
              setShown(null);
              if (chosen) void run(chosen, true);
            }}
          />
          <label
            htmlFor={id}
            className={`${buttonLook('quiet')} cursor-pointer peer-focus-visible:outline-3 peer-focus-visible:outline-leaf`}
          >
            {t('choose_file')}
          </label>
          <span className="min-w-0 break-words">{file?.name}</span>
          <a
            className="min-h-11 py-2.5 text-leaf underline-offset-4 hover:underline"
            download="products.csv"
            href={`data:text/csv;charset=utf-8,${encodeURIComponent(EXAMPLE)}`}
          >
            {t('import_example')}
          </a>
        </div>
        <div role="status">{busy ? t('reading') : null}</div>
        {file && !kindOf(file) ? <Notice tone="bad" title={t('import_kind')} /> : null}
        <Trouble failure={failure} title={failure?.status === 422 ? t('import_header') : undefined} />
        {file && failure && failure.status !== 422 ? (
          <p>
            <Button look="quiet" busy={busy} onClick={() => void run(file, true)}>
              {t('retry')}
            </Button>
          </p>
        ) : null}
        {shown ? (
          <Shown {...shown}>
            {file && shown.preview && willChange > 0 ? (
              <p>
                <Button busy={busy} onClick={() => void run(file, false)}>
                  {t('import_yes', { count: willChange })}
                </Button>
              </p>
            ) : null}
          </Shown>
        ) : null}
      </div>
    </>
  );
}

function Shown({ report, preview, children }: Shown & { children: ReactNode }) {
  const { t, locale } = useAdmin();
  const leftOut = report.errors_left_out + Math.max(0, report.errors.length - ROWS_SHOWN_MAX);
  const counts = [
    [t('created'), report.created],
    [t('updated'), report.updated],
    [t('unchanged'), report.unchanged],
    [t('wrong'), report.failed],
  ] as const;
  return (
    <section className="grid gap-4">
      <Notice tone={report.failed > 0 ? 'mind' : 'good'} title={preview ? t('preview_title') : t('import_done')} />
      <dl className="grid grid-cols-2 gap-3 sm:grid-cols-4">
        {counts.map(([name, count]) => (
          <div key={name} className="rounded-xl border border-line bg-stall p-3">
            <dt className="text-sm text-soft">{name}</dt>
            <dd className="text-xl font-semibold tabular-nums">{count.toLocaleString(locale)}</dd>
          </div>
        ))}
      </dl>
      {children}
      {report.errors.length > 0 ? (
        <table className="w-full text-sm">
          <caption className="mb-2 text-left font-semibold">{t('wrong_rows')}</caption>
          <thead className="border-b border-line text-left text-soft">
            <tr>
              <th scope="col" className="py-2 pr-4 font-medium">
                {t('row')}
              </th>
              <th scope="col" className="py-2 pr-4 font-medium">
                {t('field')}
              </th>
              <th scope="col" className="py-2 font-medium">
                {t('what')}
              </th>
            </tr>
          </thead>
          <tbody>
            {report.errors.slice(0, ROWS_SHOWN_MAX).map((error) => (
              <tr key={`${error.row} ${error.field} ${error.message}`} className="border-b border-line align-top">
                <td className="py-2 pr-4 tabular-nums">{error.row}</td>
                <td className="py-2 pr-4 break-words">{fieldName(error.field, t)}</td>
                <td className="py-2 break-words">{wordOf(error.message, t)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
      {leftOut > 0 ? <p className="text-soft">{t('errors_left_out', { count: leftOut })}</p> : null}
    </section>
  );
}
