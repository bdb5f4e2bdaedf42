# Two commands matter: `make run` and `make test`. Each installs what it needs.
SHELL := /bin/bash
.DELETE_ON_ERROR:

TARGET ?= $(or $(CARGO_TARGET_DIR),target)
PREFIX ?= $(HOME)/.local
# Debian packages with sudo where we are not root.
NEED := .ci/need

# The page that the daemon embeds.
PAGE := web-client/dist/index.html
PAGE_TOOLS := web-client/node_modules/.package-lock.json
# The independent emulator of the tests.
EMULATOR := tests/emulator/node_modules/.package-lock.json

.PHONY: run build test test-tools e2e pictures browser-tools lint bench recordings soak fuzz tls \
	advisories install uninstall clean

## Builds Abide and opens a first session, or comes back to it.
run: build
	@exec $(TARGET)/release/abide new first -A

build: $(PAGE)
	@$(NEED) cc:build-essential
	cargo build --release --locked -p abide -p abided

$(PAGE): $(PAGE_TOOLS) $(wildcard web-client/*.*) $(shell find web-client/src web-client/public web-client/build -type f)
	cd web-client && npm run --silent build

$(PAGE_TOOLS) $(EMULATOR): %/node_modules/.package-lock.json: %/package-lock.json
	cd $* && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

## Installs what the tests need and runs all of them.
test: test-tools browser-tools
	cargo deny --locked check bans licenses sources
	cd web-client && npm test
	cargo build --locked --profile checked --workspace --bins
	cargo nextest run --locked --cargo-profile checked --workspace
	cargo test --locked --doc --profile checked -p abide-protocol
	cd web-client && npm run --silent e2e
	$(MAKE) --no-print-directory tls

test-tools: $(EMULATOR)
	@$(NEED) cc:build-essential zsh vim:vim nvim:neovim htop top:procps less man:man-db git nano mc python3 \
		tmux zbarimg:zbar-tools convert:imagemagick ssh:openssh-client /usr/sbin/sshd:openssh-server faketime
	@cargo nextest --version >/dev/null 2>&1 || cargo install --locked cargo-nextest
	@cargo deny --version >/dev/null 2>&1 || cargo install --locked cargo-deny

## The page in real browsers, with a real daemon behind it.
e2e: browser-tools
	cargo build --locked --profile checked -p abide -p abided
	cd web-client && npm run --silent e2e

## Pictures of every page, below web-client/screenshots.
pictures: browser-tools
	cargo build --locked --profile checked -p abide -p abided
	cd web-client && npm run --silent pictures

browser-tools: $(PAGE) $(EMULATOR)
	@$(NEED) chromium firefox-esr WebKitWebDriver:webkit2gtk-driver xvfb-run:xvfb xauth \
		dbus-run-session:dbus-daemon certutil:libnss3-tools openssl faketime vim:vim htop less python3

## Format, clippy, types, licences, the fuzz targets, and the tests that read the tree.
lint: test-tools $(PAGE)
	@$(NEED) c++:g++
	cargo fmt --all --check
	cd web-client && npm run --silent lint && npm run --silent check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo check --locked --manifest-path daemon/fuzz/Cargo.toml --target-dir $(TARGET)/fuzz-check
	cargo deny --locked check bans licenses sources
	cargo nextest run --locked --cargo-profile checked -p abide-tests --test tidy

## The screen beside other models, then all of it side by side with the bare pseudo-terminal and
## tmux, then the page beside xterm.js. QUICK=1 for a short try of the last two; BENCH='log memory' for
## some stages of the second alone, BENCH=page for the third.
bench: build browser-tools
	@$(NEED) tmux
	cargo build --release --locked -p abide-benches
	@failed=0; \
	if [ -z "$(BENCH)" ]; then cargo bench --locked -p abide-screen --bench feed || failed=1; fi; \
	if [ "$(BENCH)" != page ]; then \
		$(TARGET)/release/abide-bench $(if $(QUICK),--quick) $(filter-out page,$(BENCH)) || failed=1; fi; \
	if [ -z "$(filter-out page,$(BENCH))" ]; then \
		(cd web-client && PROFILE=release QUICK=$(QUICK) npm run --silent bench) || failed=1; fi; exit $$failed

## Records the programs of tests/recordings again and writes down what they show (as root).
recordings: test-tools
	cargo build --locked --profile checked -p abide-tests --bins
	$(TARGET)/checked/abide-record tests/recordings
	ABIDE_REWRITE=1 cargo nextest run --locked --cargo-profile checked -p abide-screen --test recordings

## The tests across processes with long scripts, at least 30 s per program and size, and a million
## changed conversations over the channel.
soak: test-tools
	cargo build --locked --profile checked --workspace --bins
	ABIDE_SOAK=1 cargo nextest run --locked --cargo-profile checked --profile soak -p abide-tests
	ABIDE_SOAK=1 cargo nextest run --locked --cargo-profile checked --profile soak -p abide-protocol hostile

## Has sslyze find what TLS the daemon speaks: version 1.3 alone.
SSLYZE := $(TARGET)/sslyze
tls: $(PAGE)
	@$(NEED) cc:build-essential python3
	@python3 -c 'import ensurepip' 2>/dev/null || $(NEED) python3-venv
	@[ -x $(SSLYZE)/bin/sslyze ] || { python3 -m venv $(SSLYZE) && $(SSLYZE)/bin/pip install -q sslyze; }
	cargo build --locked --profile checked --workspace --bins
	.ci/tls $(SSLYZE)/bin/sslyze $(TARGET)/checked

## Known holes of what is built upon, where the network allows to ask.
advisories:
	@cargo deny --version >/dev/null 2>&1 || cargo install --locked cargo-deny
	cargo deny --locked check advisories

FUZZ := feed save load history
SECONDS_EACH := $(or $(SECONDS),60)

## Fuzzing led by coverage, SECONDS=60 for each target; findings go to daemon/fuzz/artifacts. `make
## test` has a try of the same targets. What is found on the way to new code stays below the target
## folder; the corpus of the project is only read.
fuzz:
	@$(NEED) c++:g++
	@cargo fuzz --version >/dev/null 2>&1 || cargo install --locked cargo-fuzz
	cd daemon && cargo fuzz build --fuzz-dir fuzz --sanitizer none
	cd daemon && for target in $(FUZZ); do \
		found=$(abspath $(TARGET))/fuzz-corpus/$$target; mkdir -p $$found; \
		cargo fuzz run --fuzz-dir fuzz --sanitizer none $$target $$found fuzz/corpus/$$target -- \
			-max_total_time=$(SECONDS_EACH) -max_len=6000 -timeout=20 || exit 1; \
	done

## Programs, manual pages and completions below PREFIX (default ~/.local).
install: build
	install -d $(PREFIX)/bin $(PREFIX)/share/man/man1 $(PREFIX)/share/bash-completion/completions \
		$(PREFIX)/share/zsh/site-functions $(PREFIX)/share/fish/vendor_completions.d
	install -m 755 $(addprefix $(TARGET)/release/,abide abided abide-keeper) $(PREFIX)/bin/
	$(TARGET)/release/abide completions bash > $(PREFIX)/share/bash-completion/completions/abide
	$(TARGET)/release/abide completions zsh > $(PREFIX)/share/zsh/site-functions/_abide
	$(TARGET)/release/abide completions fish > $(PREFIX)/share/fish/vendor_completions.d/abide.fish
	$(TARGET)/release/abide man $(PREFIX)/share/man/man1
	@case ":$$PATH:" in *":$(PREFIX)/bin:"*) echo "installed; begin with: abide new" ;; \
		*) echo "installed, but $(PREFIX)/bin is not in your PATH; add it, then: abide new" ;; esac

uninstall:
	rm -f $(addprefix $(PREFIX)/bin/,abide abided abide-keeper) $(PREFIX)/share/man/man1/abide*.1 \
		$(PREFIX)/share/bash-completion/completions/abide $(PREFIX)/share/zsh/site-functions/_abide \
		$(PREFIX)/share/fish/vendor_completions.d/abide.fish

clean:
	cargo clean
	rm -rf tests/emulator/node_modules web-client/node_modules web-client/dist/*
