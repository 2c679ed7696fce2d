/** The states of Brazil, by name; their letters are what addresses say. */
export const BRAZILIAN_STATES: readonly (readonly [code: string, name: string])[] = [
  ['AC', 'Acre'],
  ['AL', 'Alagoas'],
  ['AP', 'Amapá'],
  ['AM', 'Amazonas'],
  ['BA', 'Bahia'],
  ['CE', 'Ceará'],
  ['DF', 'Distrito Federal'],
  ['ES', 'Espírito Santo'],
  ['GO', 'Goiás'],
  ['MA', 'Maranhão'],
  ['MT', 'Mato Grosso'],
  ['MS', 'Mato Grosso do Sul'],
  ['MG', 'Minas Gerais'],
  ['PA', 'Pará'],
  ['PB', 'Paraíba'],
  ['PR', 'Paraná'],
  ['PE', 'Pernambuco'],
  ['PI', 'Piauí'],
  ['RJ', 'Rio de Janeiro'],
  ['RN', 'Rio Grande do Norte'],
  ['RS', 'Rio Grande do Sul'],
  ['RO', 'Rondônia'],
  ['RR', 'Roraima'],
  ['SC', 'Santa Catarina'],
  ['SP', 'São Paulo'],
  ['SE', 'Sergipe'],
  ['TO', 'Tocantins'],
];

const CEP_DIGITS = 8;
// Their posts know no codes; the API wants one, and is given a dash.
const NO_CODES = new Set(
  'AE AG AN AO AW BF BI BJ BO BS BW BZ CD CF CG CI CK CM DJ DM ER FJ GA GD GH GM GQ GY HK KI KM KN KP LC LY ML MO MR MW NR NU QA RW SB SC SL SR ST SY TD TF TG TK TL TO TV UG VU YE ZW'.split(
    ' ',
  ),
);
// Where an address is not complete without its state or province.
const WITH_REGION = new Set(['BR', 'US', 'CA', 'AU', 'MX', 'IN', 'AR', 'JP', 'CN', 'MY']);
export const NO_CODE = '-';

export type AddressForm = {
  code: 'cep' | 'zip' | 'postcode' | 'none';
  region: 'states' | 'required' | 'optional';
};

/** What the form of an address in this country asks for. */
export function addressForm(country: string): AddressForm {
  if (country === 'BR') return { code: 'cep', region: 'states' };
  const code = NO_CODES.has(country) ? 'none' : country === 'US' ? 'zip' : 'postcode';
  return { code, region: WITH_REGION.has(country) ? 'required' : 'optional' };
}

/** A CEP as Brazilians write it, as far as it was typed: 01310-100. */
export function formatCep(typed: string): string {
  const digits = typed.replace(/\D/g, '').slice(0, CEP_DIGITS);
  return digits.length > 5 ? `${digits.slice(0, 5)}-${digits.slice(5)}` : digits;
}

export function isCep(text: string): boolean {
  return /^\d{5}-\d{3}$/.test(text) && text !== '00000-000';
}

/** Whether a postal code can be one of this country, where that is known. */
export function isPostalCode(text: string, country: string): boolean {
  const form = addressForm(country).code;
  if (form === 'none') return true;
  if (form === 'cep') return isCep(text);
  if (form === 'zip') return /^\d{5}(-\d{4})?$/.test(text.trim());
  return text.trim() !== '';
}
