// An independent terminal behind pipes: @xterm/headless, told bytes and sizes, asked what a person
// would see. Frames both ways: kind (one byte), length (u32 little endian), body.
//
//   in:  i JSON options | w bytes | r u16 columns u16 rows | s JSON question
//   out: d bytes the terminal answers | s JSON state
import headless from '@xterm/headless';
import graphemes from '@xterm/addon-unicode-graphemes';

const { Terminal } = headless;

/** What is not in the public interface of a cell, in one place. */
const hidden = {
  // A cell without them keeps those of the cell that was read before.
  extended: (cell) => (cell.hasExtendedAttrs() ? cell.extended : undefined),
  underlineStyle: (cell) => hidden.extended(cell)?.underlineStyle ?? 1,
  underlineColour: (cell) => hidden.extended(cell)?.underlineColor ?? 0,
  link: (terminal, cell) => {
    const id = hidden.extended(cell)?.urlId;
    return id ? (terminal._core._oscLinkService.getLinkData(id)?.uri ?? '') : '';
  },
};

/** Indexed colours are one kind, however they were named: `#rrggbb`, an index, or '' (default). */
function colour(mode, value) {
  if (mode === 0) return '';
  if (mode === 0x3000000) return '#' + (value & 0xffffff).toString(16).padStart(6, '0');
  return String(value & 0xff);
}

/** What a cell shows, as one word. A blank cell shows neither weight nor, unless drawn on, a foreground. */
function style(terminal, cell, blank) {
  const inverse = cell.isInverse() ? 'r' : '';
  const lines =
    (cell.isUnderline() ? 'u' + hidden.underlineStyle(cell) : '') +
    (cell.isStrikethrough() ? 's' : '') +
    (cell.isOverline() ? 'o' : '');
  const weight =
    (cell.isBold() ? 'b' : '') +
    (cell.isDim() ? 'd' : '') +
    (cell.isItalic() ? 'i' : '') +
    (cell.isBlink() ? 'k' : '') +
    (cell.isInvisible() ? 'h' : '');
  const foreground = colour(cell.getFgColorMode(), cell.getFgColor());
  const background = colour(cell.getBgColorMode(), cell.getBgColor());
  const mark = hidden.underlineColour(cell);
  const underline = cell.isUnderline() ? colour(mark & 0x3000000, mark) : '';
  const shown = !blank || inverse !== '' || lines !== '';
  return [
    shown ? foreground : '',
    background,
    inverse + lines + (blank ? '' : weight),
    underline,
    hidden.link(terminal, cell),
  ].join('|').replace(/^\|{4}$/, '');
}

/** A line as runs `[text, columns, style, simple]`; simple: each character has one column. Blank ends with the default style are left out. */
function row(terminal, line, columns, scratch) {
  const runs = [];
  let end = 0;
  for (let x = 0; x < columns; x += 1) {
    const cell = line.getCell(x, scratch);
    const width = cell.getWidth();
    if (width === 0) continue;
    const text = cell.getChars() || ' ';
    const look = style(terminal, cell, text === ' ');
    const last = runs[runs.length - 1];
    const simple = width === 1 && text.length === 1;
    if (simple && last && last[2] === look && last[3]) {
      last[0] += text;
      last[1] += 1;
    } else {
      runs.push([text, width, look, simple]);
    }
    if (text !== ' ' || look !== '') end = runs.length;
  }
  runs.length = end;
  const last = runs[end - 1];
  if (last && last[2] === '' && last[3]) {
    last[0] = last[0].replace(/ +$/, '');
    last[1] = last[0].length;
  }
  return { runs, wrapped: line.isWrapped };
}

/** Where @xterm/headless differs from the terminals it stands for, and attach can tell. */
function correct(terminal, kitty, reply) {
  const buffer = () => terminal._core._bufferService.buffer;
  // xterm erases the last column when a wrap is pending; xterm.js erases nothing there.
  for (const final of ['K', 'J']) {
    terminal.parser.registerCsiHandler({ final }, (parameters) => {
      // A program's `CSI 3 J` takes nothing out of the user's own scrollback: that is meant.
      if (final === 'J' && parameters[0] === 3) return true;
      buffer().x = Math.min(buffer().x, terminal.cols - 1);
      return false;
    });
  }
  // xterm.js reports the cursor of its options, whatever DECSCUSR has set.
  terminal.parser.registerDcsHandler({ intermediates: '$', final: 'q' }, (what) => {
    if (what !== ' q') return false;
    const { cursorStyle, cursorBlink } = terminal._core.coreService.decPrivateModes;
    const styles = { block: 2, underline: 4, bar: 6 };
    reply(`\x1bP1$r${cursorStyle ? styles[cursorStyle] - (cursorBlink ? 1 : 0) : 0} q\x1b\\`);
    return true;
  });
  // It shows all that kitty shows in cells, and says so.
  if (!kitty) return;
  terminal.parser.registerCsiHandler({ prefix: '>', final: 'q' }, () => {
    reply('\x1bP>|kitty(0.40.0)\x1b\\');
    return true;
  });
}

/** The kitty keyboard protocol's stack and modifyOtherKeys, which @xterm/headless does not keep. */
class Keyboard {
  #stacks = { normal: [], alternate: [] };
  #flags = { normal: 0, alternate: 0 };
  modifyOtherKeys = 0;

  constructor(terminal, kitty, reply) {
    const screen = () => terminal.buffer.active.type;
    const first = (parameters, otherwise) => Number(parameters[0] ?? otherwise) || otherwise;
    const on = (prefix, final, act) => terminal.parser.registerCsiHandler({ prefix, final }, act);
    on('>', 'm', (parameters) => {
      if (parameters[0] !== 4) return false;
      this.modifyOtherKeys = Number(parameters[1] ?? 0);
      return true;
    });
    if (!kitty) return;
    on('>', 'u', (parameters) => {
      this.#stacks[screen()].push(this.#flags[screen()]);
      this.#flags[screen()] = first(parameters, 0);
      return true;
    });
    on('<', 'u', (parameters) => {
      for (let n = first(parameters, 1); n > 0; n -= 1) {
        this.#flags[screen()] = this.#stacks[screen()].pop() ?? 0;
      }
      return true;
    });
    on('=', 'u', (parameters) => {
      const flags = first(parameters, 0);
      const how = Number(parameters[1] ?? 1) || 1;
      const old = this.#flags[screen()];
      this.#flags[screen()] = how === 1 ? flags : how === 2 ? old | flags : old & ~flags;
      return true;
    });
    on('?', 'u', () => {
      reply(`\x1b[?${this.#flags[screen()]}u`);
      return true;
    });
  }

  state() {
    return { flags: this.#flags, stacks: this.#stacks, modifyOtherKeys: this.modifyOtherKeys };
  }
}

class Emulator {
  #terminal;
  #keyboard;
  #title = '';
  #bells = 0;
  #frames = [];
  #scratch;

  constructor(options) {
    const terminal = new Terminal({
      cols: options.cols,
      rows: options.rows,
      scrollback: options.scrollback,
      allowProposedApi: true,
      windowOptions: { pushTitle: true, popTitle: true },
      reflowCursorLine: true,
      logLevel: 'off',
    });
    terminal.loadAddon(new graphemes.UnicodeGraphemesAddon());
    terminal.onData((data) => send('d', Buffer.from(data, 'utf8')));
    terminal.onBinary((data) => send('d', Buffer.from(data, 'latin1')));
    terminal.onTitleChange((title) => (this.#title = title));
    terminal.onBell(() => (this.#bells += 1));
    const reply = (text) => send('d', Buffer.from(text));
    correct(terminal, options.kitty, reply);
    this.#keyboard = new Keyboard(terminal, options.kitty, reply);
    this.#tellCursorStyle(terminal);
    if (options.frames) this.#watchFrames(terminal);
    this.#terminal = terminal;
    this.#scratch = terminal.buffer.active.getNullCell();
  }

  /** Answers DECRQSS of DECSCUSR with the cursor's style; xterm.js answers with its own option. */
  #tellCursorStyle(terminal) {
    terminal.parser.registerDcsHandler({ intermediates: '$', final: 'q' }, (setting) => {
      if (setting !== ' q') return false;
      const modes = terminal._core.coreService.decPrivateModes;
      const style = { block: 1, underline: 3, bar: 5 }[modes.cursorStyle ?? 'block'];
      const steady = modes.cursorBlink === false ? 1 : 0;
      send('d', Buffer.from(`\x1bP1$r${style + steady} q\x1b\\`));
      return true;
    });
  }

  /** Keeps the text of the screen at each end of a synchronized update. */
  #watchFrames(terminal) {
    terminal.parser.registerCsiHandler({ prefix: '?', final: 'l' }, (parameters) => {
      if (parameters[0] === 2026) this.#frames.push({ at: performance.now(), text: this.#text() });
      return false;
    });
  }

  #text() {
    const buffer = this.#terminal.buffer.active;
    const lines = [];
    for (let y = 0; y < this.#terminal.rows; y += 1) {
      lines.push(buffer.getLine(buffer.baseY + y)?.translateToString(true) ?? '');
    }
    return lines.join('\n');
  }

  write(bytes, then) {
    this.#terminal.write(bytes, then);
  }

  resize(columns, rows) {
    this.#terminal.resize(columns, rows);
  }

  state(question) {
    const terminal = this.#terminal;
    const core = terminal._core;
    const { active, normal } = terminal.buffer;
    const read = (buffer, from, to) => {
      const rows = [];
      for (let y = from; y < to; y += 1) {
        rows.push(row(terminal, buffer.getLine(y), terminal.cols, this.#scratch));
      }
      return rows;
    };
    const above = normal.baseY;
    return {
      columns: terminal.cols,
      rows: terminal.rows,
      screen: active.type,
      lines: read(active, active.baseY, active.baseY + terminal.rows),
      history_rows: above,
      history: read(normal, Math.max(0, above - (question.history ?? 0)), above),
      cursor: { column: active.cursorX, row: active.cursorY, visible: !core.coreService.isCursorHidden },
      title: this.#title,
      bells: this.#bells,
      modes: {
        ...terminal.modes,
        cursorVisible: !core.coreService.isCursorHidden,
        cursorStyle: core.coreService.decPrivateModes.cursorStyle ?? null,
        cursorBlink: core.coreService.decPrivateModes.cursorBlink ?? null,
        mouseEncoding: core.coreMouseService.activeEncoding,
        marginTop: core._bufferService.buffer.scrollTop,
        marginBottom: terminal.rows - 1 - core._bufferService.buffer.scrollBottom,
        charset: core._charsetService.glevel,
        titleStack: core._inputHandler._windowTitleStack?.length ?? 0,
        title: this.#title,
        screen: active.type,
        keyboard: this.#keyboard.state(),
      },
      frames: question.frames ? this.#frames.splice(0) : [],
    };
  }
}

function send(kind, body) {
  const head = Buffer.alloc(5);
  head.write(kind, 0, 'latin1');
  head.writeUInt32LE(body.length, 1);
  process.stdout.write(Buffer.concat([head, body]));
}

/** Frames are handled one after the other: a write is parsed before what follows it is looked at. */
async function serve() {
  let emulator;
  let pending = Buffer.alloc(0);
  const handle = {
    i: (body) => void (emulator = new Emulator(JSON.parse(body))),
    w: (body) => new Promise((done) => emulator.write(new Uint8Array(body), done)),
    r: (body) => emulator.resize(body.readUInt16LE(0), body.readUInt16LE(2)),
    s: (body) => send('s', Buffer.from(JSON.stringify(emulator.state(JSON.parse(body))))),
  };
  for await (const chunk of process.stdin) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length >= 5 && pending.length >= 5 + pending.readUInt32LE(1)) {
      const kind = String.fromCharCode(pending[0]);
      const body = pending.subarray(5, 5 + pending.readUInt32LE(1));
      pending = pending.subarray(5 + body.length);
      await handle[kind](body);
    }
  }
}

await serve();
