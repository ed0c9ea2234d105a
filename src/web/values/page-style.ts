/** The whole style of the one-time page: nothing is loaded. */
export const pageStyle = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --paper: #fff; --line: #8c959f; --key: #0b57d0; --on-key: #fff; --bad: #b3261e; --warn: #7a4d00; --good: #116329; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #a3adb8; --paper: #14181d; --line: #6e7781; --key: #8ab4f8; --on-key: #10141a; --bad: #ffb4ab; --warn: #f2c078; --good: #7ee2a0; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 42rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.4rem; line-height: 1.25; margin: 0 0 .75rem; overflow-wrap: anywhere; }
.who { color: var(--soft); margin: 0 0 .25rem; }
code, .check { font-family: ui-monospace, monospace; }
.check { font-size: 1.15rem; font-weight: 700; letter-spacing: .08em; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 1rem 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
fieldset { border: 1px solid var(--line); border-radius: .5rem; margin: 1.25rem 0; padding: .5rem 1rem 1rem; min-width: 0; }
legend { font-weight: 700; padding: 0 .35rem; overflow-wrap: anywhere; }
fieldset fieldset { margin: .75rem 0 0; padding: .25rem .75rem .5rem; }
fieldset fieldset legend { font-weight: 400; }
label { display: block; margin: .5rem 0 .25rem; }
.row { display: flex; gap: .5rem; }
input[type=password], input[type=text], textarea { width: 100%; min-width: 0; font: 1rem ui-monospace, monospace; color: inherit; background: transparent; border: 1px solid var(--line); border-radius: .35rem; padding: .55rem .6rem; }
input[type=file] { max-width: 100%; color: inherit; font: inherit; }
.hint { color: var(--soft); font-size: .9rem; margin: .25rem 0; }
.note { color: var(--warn); margin: .25rem 0; } .note:empty { margin: 0; }
.problem { color: var(--bad); font-weight: 600; margin: .35rem 0; }
details { margin-top: .75rem; } summary { cursor: pointer; padding: .25rem 0; }
button { font: inherit; min-height: 2.75rem; padding: .5rem 1rem; border-radius: .35rem; border: 1px solid var(--line); background: transparent; color: inherit; cursor: pointer; }
button[type=submit] { background: var(--key); border-color: var(--key); color: var(--on-key); font-weight: 600; }
:focus-visible { outline: 3px solid var(--key); outline-offset: 2px; }
.box { border-left: .3rem solid var(--line); padding: .25rem 0 .25rem .9rem; margin: 1rem 0; }
.refused, .box.wrong { border-color: var(--bad); } .written { border-color: var(--good); } .unknown, .box.warn { border-color: var(--warn); }
@media (max-width: 32rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .4rem; } .row { flex-wrap: wrap; } }
`;
