import { body, title } from './fonts';
import './globals.css';

/** An address without a language: nobody knows which one to speak, so both are. */
export default function Missing() {
  return (
    <html lang="en" className={`${title.variable} ${body.variable}`}>
      <body className="grid min-h-dvh place-items-center p-6 text-center">
        <title>404</title>
        <main>
          <h1 className="mb-4 text-3xl">404</h1>
          <p>
            <a className="underline" href="/en">
              There is no such page. To the shop
            </a>
          </p>
          <p lang="pt-BR">
            <a className="underline" href="/pt-BR">
              Esta página não existe. Ir para a loja
            </a>
          </p>
        </main>
      </body>
    </html>
  );
}
