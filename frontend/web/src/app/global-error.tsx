'use client';

import './globals.css';

/** Even the frame of a page failed: nobody knows the language any more, so both are spoken. */
export default function Failed({ retry }: { retry: () => void }) {
  return (
    <html lang="en">
      <body className="grid min-h-dvh place-items-center p-6 text-center">
        <main>
          <title>Feira</title>
          <h1 className="mb-3 text-3xl">Something went wrong</h1>
          <p className="mb-6" lang="pt-BR">
            Algo deu errado, e a culpa é nossa.
          </p>
          <button
            type="button"
            onClick={retry}
            className="min-h-11 rounded-full bg-leaf px-6 font-semibold text-on-leaf"
          >
            Try again · <span lang="pt-BR">Tentar de novo</span>
          </button>
        </main>
      </body>
    </html>
  );
}
