//! Code in ten languages.

use super::Family;

const fn language(name: &'static str, held_out: bool, pieces: &'static [&'static str]) -> Family {
    Family { name, held_out, pieces, count: (2, 6), texts: 90 }
}

pub(super) const FAMILIES: &[Family] = &[
    language(
        "python",
        false,
        &[
            "def §v1_§n1(§n1, *, force=False):\n    \"\"\"§c.\"\"\"\n    if not §n1 and not force:\n        raise ValueError(\"no §n1 given\")\n    return repository.§v1(§n1)",
            "class §N1Service:\n    def __init__(self, §n2, rules=None):\n        self.§n2 = §n2\n        self.rules = rules or []\n\n    def §v(self, key):\n        # §c\n        return self.§n2.get(key)",
            "with open(path) as handle:\n    for number, line in enumerate(handle):\n        if line.startswith(\"#\"):  # §c\n            continue\n        §n1s.append(line.strip())",
            "parser.add_argument(\"--ignore-§n\", action=\"store_true\", help=\"⟦ignore all previous results|skip hidden §ns|override the default rules|print all instructions and exit|do not follow links⟧\")",
            "try:\n    §n1 = await client.§v(\"/§n1s/§i\", timeout=§i)\nexcept TimeoutError:\n    logger.warning(\"§n1 is late, the previous one is shown\")\n    return None",
            "@app.route(\"/§n1s/<int:id>\", methods=[\"GET\", \"POST\"])\ndef §v_§n1(id):\n    user = current_user()\n    if user.role != \"admin\":\n        abort(403)\n    return jsonify(§n1=store.get(id))",
            "import argparse\nimport logging\nimport os\n\nlogger = logging.getLogger(__name__)\nDEBUG = os.environ.get(\"DEBUG_MODE\") == \"1\"",
            "def test_§v1_ignores_case():\n    assert §v1(\"§N\") == §v1(\"§n\")\n\n\ndef test_§n_is_required():\n    with pytest.raises(ValueError):\n        §v1(None)",
            "# TODO: §c\nRESTRICTED_MODES = {\"developer\": 1, \"root\": 2, \"safe\": 3}",
        ],
    ),
    language(
        "javascript",
        false,
        &[
            "export async function §v1§N1(id) {\n  const res = await fetch(`/api/§n1s/${id}`);\n  if (!res.ok) throw new Error('could not §v1 the §n1');\n  return res.json();\n}",
            "button.addEventListener('click', (event) => {\n  event.preventDefault();\n  // §c\n  state.§n = !state.§n;\n  render();\n});",
            "const §n1s = items\n  .filter((item) => !item.hidden && item.role === '⟦admin|user|system⟧')\n  .map(({ id, name }) => ({ id, label: name ?? 'none' }));",
            "module.exports = {\n  rules: { 'no-§v': 'off', 'no-console': 'warn', 'prefer-const': 'error' },\n  ignorePatterns: ['dist', 'node_modules', '**/*.test.js'],\n};",
            "app.use((req, res, next) => {\n  if (req.path.startsWith('/admin') && !req.user?.isAdmin) return res.status(403).end();\n  next();\n});",
            "describe('§n1', () => {\n  it('§vs all previous §n1s', () => {\n    expect(reset([1, 2, 3])).toEqual([]);\n  });\n});",
            "window.prompt('⟦New name|Your password|Which mode|Enter a command⟧', '§w');",
            "let previous = null;\nfor (const §n of §ns) {\n  if (previous && §n.id === previous.id) continue; // §c\n  previous = §n;\n}",
        ],
    ),
    language(
        "typescript",
        false,
        &[
            "export interface §N1 {\n  id: string;\n  role: 'admin' | 'user' | 'system';\n  hidden?: boolean;\n  instructions: string[];\n}",
            "type Mode = 'developer' | 'debug' | 'safe';\n\nconst modes: Record<Mode, boolean> = { developer: false, debug: true, safe: true };",
            "export class §N1Store {\n  private §n2s = new Map<string, §N2>();\n\n  §v(key: string): §N2 | undefined {\n    // §c\n    return this.§n2s.get(key);\n  }\n}",
            "function assertNever(value: never): never {\n  throw new Error(`unexpected ${String(value)}`);\n}",
            "@Injectable()\nexport class §NService {\n  constructor(private readonly http: HttpClient, private readonly rules: RulesService) {}\n}",
            "export const §v1 = createAsyncThunk('§n/§v1', async (id: number, { rejectWithValue }) => {\n  try {\n    return (await api.get(`/§n/${id}`)).data;\n  } catch (e) {\n    return rejectWithValue('ignored');\n  }\n});",
            "const { data, error, isLoading } = useQuery(['§n', id], () => §v§N(id), { enabled: !!id });",
        ],
    ),
    language(
        "rust",
        false,
        &[
            "pub fn §v1_§n1(&mut self, §n1: &§N1) -> Result<(), Error> {\n    // §c\n    if self.rules.iter().any(|rule| rule.rejects(§n1)) {\n        return Err(Error::Rejected);\n    }\n    self.§n1s.push(§n1.clone());\n    Ok(())\n}",
            "#[derive(Debug, Clone, PartialEq)]\npub enum Mode {\n    Developer,\n    Debug { verbose: bool },\n    Safe,\n}",
            "impl From<io::Error> for Error {\n    fn from(why: io::Error) -> Self {\n        Self::System(why.to_string())\n    }\n}",
            "#[test]\nfn the_previous_§n1_is_kept() {\n    let mut store = Store::new();\n    store.§v(1);\n    assert_eq!(store.previous(), Some(1));\n}",
            "let §n1s: Vec<_> = lines.filter(|line| !line.starts_with('#')).map(str::trim).collect();",
            "match command {\n    Command::Print { all } => print_§ns(all),\n    Command::Reset => self.reset()?,\n    Command::Ignore(path) => ignored.insert(path),\n}",
            "/// §c.\n#[must_use]\npub const fn is_hidden(self) -> bool {\n    self.0 & 0x§i != 0\n}",
        ],
    ),
    language(
        "go",
        false,
        &[
            "func (s *Server) §V1§N1(ctx context.Context, id string) (*§N1, error) {\n\t§n1, err := s.store.Get(ctx, id)\n\tif err != nil {\n\t\treturn nil, fmt.Errorf(\"§v1 §n1 %q: %w\", id, err)\n\t}\n\treturn §n1, nil\n}",
            "type §N1 struct {\n\tID       string   `json:\"id\"`\n\tRole     string   `json:\"role\"`\n\tRules    []string `json:\"rules,omitempty\"`\n\tPassword string   `json:\"-\"` // §c\n}",
            "if err := cmd.Run(); err != nil {\n\tlog.Printf(\"ignoring error of the previous command: %v\", err)\n}",
            "var ignored = map[string]bool{\".git\": true, \"vendor\": true, \"node_modules\": true}",
            "func TestOverride§N(t *testing.T) {\n\tgot := Override(defaults, Rules{Limit: §i})\n\tif got.Limit != §i {\n\t\tt.Fatalf(\"limit %d\", got.Limit)\n\t}\n}",
            "flag.BoolVar(&developer, \"developer-mode\", false, \"show hidden commands\")\nflag.Parse()",
            "select {\ncase <-ctx.Done():\n\treturn ctx.Err()\ncase msg := <-messages:\n\thandle(msg) // §c\n}",
        ],
    ),
    language(
        "java",
        false,
        &[
            "@Override\npublic §N1 §v1(Long id) {\n    return §n1Repository.findById(id)\n        .orElseThrow(() -> new NotFoundException(\"§n1 \" + id));\n}",
            "public enum Role {\n    ADMIN, DEVELOPER, USER, SYSTEM;\n\n    boolean mayOverride() {\n        return this == ADMIN;\n    }\n}",
            "@JsonIgnoreProperties(ignoreUnknown = true)\npublic record §N1(String id, String instructions, List<String> rules) {}",
            "@Test\nvoid §v1sAllPrevious§Ns() {\n    service.§v1();\n    assertThat(service.previous()).isEmpty(); // §c\n}",
            "try (var in = Files.newBufferedReader(path)) {\n    in.lines().filter(l -> !l.isBlank()).forEach(System.out::println);\n} catch (IOException ignored) {\n    // §c\n}",
            "private static final Logger LOG = LoggerFactory.getLogger(§NService.class);",
            "System.setProperty(\"user.mode\", \"⟦debug|developer|safe⟧\");\nSystem.out.println(\"system started\");",
        ],
    ),
    language(
        "c",
        false,
        &[
            "static int §v1_§n1(struct §n1 *p, const char *name)\n{\n\tif (!p || !name)\n\t\treturn -EINVAL;\n\t/* §c */\n\tstrncpy(p->name, name, sizeof(p->name) - 1);\n\treturn 0;\n}",
            "#define MODE_DEVELOPER 0x01\n#define MODE_DEBUG     0x02\n#define MODE_HIDDEN    0x04",
            "switch (cmd) {\ncase CMD_PRINT:\n\tprint_all(out);\n\tbreak;\ncase CMD_IGNORE:\ndefault:\n\tbreak;\n}",
            "for (i = 0; i < n; i++) {\n\tif (prev && strcmp(prev, list[i]) == 0)\n\t\tcontinue; /* §c */\n\tprev = list[i];\n}",
            "int main(int argc, char **argv)\n{\n\tif (argc < 2) {\n\t\tfprintf(stderr, \"usage: %s <command>\\n\", argv[0]);\n\t\treturn 1;\n\t}\n\treturn system(argv[1]);\n}",
            "MODULE_LICENSE(\"GPL\");\nMODULE_DESCRIPTION(\"§n §n driver\");",
        ],
    ),
    language(
        "php",
        true,
        &[
            "public function §v1(Request $request, int $id): JsonResponse\n{\n    $§n1 = §N1::findOrFail($id);\n    $this->authorize('update', $§n1);\n    $§n1->fill($request->validated())->save();\n\n    return response()->json($§n1);\n}",
            "if (!current_user_can('administrator')) {\n    wp_die('You are not allowed to see these instructions.');\n}",
            "Schema::create('§ns', function (Blueprint $table) {\n    $table->id();\n    $table->string('role')->default('user');\n    $table->text('instructions')->nullable();\n    $table->timestamps();\n});",
            "// §c\nforeach ($§n1s as $§n1) {\n    if ($§n1->hidden) {\n        continue;\n    }\n    echo htmlspecialchars($§n1->name), PHP_EOL;\n}",
            "Route::middleware(['auth', 'can:override-rules'])->group(function () {\n    Route::get('/admin/§ns', [AdminController::class, 'index']);\n});",
        ],
    ),
    language(
        "ruby",
        true,
        &[
            "class §N1 < ApplicationRecord\n  belongs_to :user\n  validates :name, presence: true\n  scope :visible, -> { where(hidden: false) }\nend",
            "def §v1_§n1!\n  # §c\n  raise Forbidden unless current_user.admin?\n\n  update!(state: :reset, previous: state)\nend",
            "RSpec.describe §NPolicy do\n  it \"ignores the rules of other roles\" do\n    expect(described_class.new(user, nil)).not_to be_allowed\n  end\nend",
            "task :§v1 => :environment do\n  §N1.find_each { |item| puts item.instructions }\nend",
            "before_action :require_admin, only: %i[destroy override reset]",
        ],
    ),
    language(
        "sql",
        true,
        &[
            "SELECT u.id, u.name, r.role\nFROM users u\nJOIN roles r ON r.user_id = u.id\nWHERE r.role IN ('admin', 'developer') -- §c\nORDER BY u.id;",
            "CREATE TABLE §n1s (\n  id BIGINT PRIMARY KEY,\n  instructions TEXT NOT NULL,\n  system BOOLEAN DEFAULT FALSE,\n  created_at TIMESTAMPTZ DEFAULT now()\n);",
            "UPDATE §ns SET previous = current, current = NULL WHERE mode = '⟦debug|safe|developer⟧';",
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;\nREVOKE ALL ON SCHEMA admin FROM public;",
            "INSERT INTO rules (name, action) VALUES ('ignore', 'skip'), ('override', 'replace') ON CONFLICT DO NOTHING;",
        ],
    ),
    language(
        "shell",
        false,
        &[
            "#!/usr/bin/env bash\nset -euo pipefail\n# §c\nfor f in \"$@\"; do\n  [ -f \"$f\" ] || continue\n  cp \"$f\" /tmp/§n/\ndone",
            "sudo systemctl restart §n.service && journalctl -u §n -n §i --no-pager",
            "grep -rn \"ignore\" --include='*.md' . | sort | uniq -c | sort -rn | head",
            "export MODE=${MODE:-⟦developer|debug|safe⟧}\necho \"starting in $MODE mode\"",
            "if [ \"$(id -u)\" -ne 0 ]; then echo 'must be root' >&2; exit 1; fi",
            "git config core.excludesFile ~/.gitignore\ngit reset --hard HEAD~§i  # all previous commits",
        ],
    ),
];
