// Repaints as Ink does: every frame erases the lines of the one before, upwards, and writes the
// new ones; what is finished leaves for the scrollback. Keys decide what comes, so that a script
// can wait: `t` ten spinner ticks, `l` a list that moves, `o` overflow, `w` wide text, `r` redraw
// with everything erased, `T` the whole transcript printed anew as agents do that have outgrown the
// screen, `O` the same fifty times as it grows, `a` alternate screen and back, `q` the end.
const out = process.stdout;
const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const colours = ['\x1b[38;2;215;119;87m', '\x1b[38;5;114m', '\x1b[36m', '\x1b[95m'];
let drawn = 0;
let tick = 0;
let done = 0;
const transcript = [];

const eraseLines = (count) => {
  let text = '';
  for (let n = 0; n < count; n += 1) text += '\x1b[2K' + (n < count - 1 ? '\x1b[1A' : '');
  return count > 0 ? text + '\x1b[G' : '';
};

function frame(lines, above = []) {
  const body = lines.join('\n') + '\n';
  const finished = above.map((line) => line + '\n').join('');
  out.write('\x1b[?2026h' + eraseLines(drawn) + finished + body + '\x1b[?2026l');
  drawn = lines.length + 1;
}

function box(text) {
  const width = Math.min(out.columns - 4, 60);
  const line = '─'.repeat(width);
  return [
    `\x1b[2m╭${line}╮\x1b[22m`,
    `\x1b[2m│\x1b[22m ${text.slice(0, width - 2).padEnd(width - 2)} \x1b[2m│\x1b[22m`,
    `\x1b[2m╰${line}╯\x1b[22m`,
  ];
}

const status = (text) =>
  `${colours[tick % colours.length]}${spinner[tick % 10]} ${text}…\x1b[39m \x1b[2m(${tick} ticks · esc to interrupt)\x1b[22m`;
const draw = (above) => frame([status('Working'), '', ...box('> ' + 'x'.repeat(tick % 20))], above);

function ticks(count, then) {
  if (count === 0) return then?.();
  tick += 1;
  draw();
  setTimeout(() => ticks(count - 1, then), 20);
}

const acts = {
  t: () => ticks(10),
  l: () => {
    const items = ['one', 'two', 'three', 'four', 'five'];
    const at = tick++ % items.length;
    frame(items.map((item, n) => (n === at ? `\x1b[7m❯ ${item}\x1b[27m` : `  ${item}`)));
  },
  o: () => {
    const above = Array.from({ length: 30 }, () => `\x1b[32m●\x1b[39m finished step ${(done += 1)} ${'·'.repeat(done % 70)}`);
    transcript.push(...above);
    draw(above);
  },
  T: () => {
    drawn = 0;
    out.write('\x1b[2J\x1b[3J\x1b[H');
    draw(transcript);
  },
  O: () => {
    const again = (left) => {
      const steps = transcript.length === 0 ? 10 : 1;
      for (let n = 0; n < steps; n += 1) transcript.push(`\x1b[32m●\x1b[39m step ${(done += 1)}`);
      acts.T();
      if (left > 1) setTimeout(() => again(left - 1), 20);
    };
    again(50);
  },
  w: () => draw(['日本語の行 \x1b[1m太字\x1b[22m', 'e\u0301 accents, \x1b[4:3mcurly\x1b[4:0m, \x1b]8;;http://example.test/\x1b\\link\x1b]8;;\x1b\\']),
  r: () => {
    drawn = 0;
    out.write('\x1b[2J\x1b[3J\x1b[H');
    draw(Array.from({ length: 5 }, (_, n) => `again ${n}`));
  },
  a: () => {
    out.write('\x1b[?1049h\x1b[2J\x1b[Hon the alternate screen\r\n\x1b[41mred to the end\x1b[K\x1b[m');
    setTimeout(() => {
      out.write('\x1b[?1049l');
      draw();
    }, 60);
  },
  q: () => {
    out.write('\x1b[?25h\x1b[?2004l');
    process.exit(0);
  },
};

out.on('resize', () => draw([`\x1b[33mnow ${out.columns}x${out.rows}\x1b[39m`]));
process.stdin.setRawMode(true);
out.write('\x1b[?25l\x1b[?2004h');
draw(['\x1b[1mready\x1b[22m']);
process.stdin.on('data', (keys) => {
  for (const key of keys.toString()) acts[key]?.();
});
