/** Chooses the theme before anything is drawn. Kept short: it is in every page. */
const CHOOSE = `(()=>{const d=document.documentElement,m=matchMedia('(prefers-color-scheme: dark)'),f=()=>{let t;try{t=localStorage.getItem('feira.theme')}catch{}d.dataset.theme=t||(m.matches?'dark':'light')};f();m.addEventListener('change',f);addEventListener('feira:theme',f)})()`;

export function ThemeScript() {
  return <script dangerouslySetInnerHTML={{ __html: CHOOSE }} />;
}
