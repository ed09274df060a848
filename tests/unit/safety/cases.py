"""Pairs of candidates, one that brings a weakness and its secure counterpart, by language.

The cursor is marked in the document; both candidates stand for the same place.
"""

from __future__ import annotations

from dataclasses import dataclass

from codex_lsp.safety.weaknesses import Weakness

ECB, KEY, SHELL = Weakness.ECB_MODE, Weakness.SHORT_KEY, Weakness.SHELL_COMMAND
TLS, PASSWORD, EVAL = Weakness.UNVERIFIED_TLS, Weakness.HARD_CODED_PASSWORD, Weakness.EVAL


@dataclass(frozen=True, slots=True)
class Pair:
    """A place and two ways to complete it."""

    language: str
    weakness: Weakness
    document: str
    insecure: str
    secure: str


PYTHON_BY_PATTERNS = (
    Pair("python", ECB, "c = AES.new(key, ¦", "AES.MODE_ECB)", "AES.MODE_GCM)"),
    Pair("python", KEY, "key = RSA.generate(¦", "1024)", "2048)"),
    Pair("python", KEY, "key = RSA.generate(bits=¦", "2047)", "3072)"),
    Pair("python", KEY, "public, private = rsa.newkeys(¦", "1024)", "2048)"),
    Pair("python", KEY, "public, private = rsa.newkeys(¦", "32)", "2 * 1024)"),
    Pair("python", KEY, "public, private = rsa.newkeys(¦", "4, accurate=True)", "1 << 11)"),
    Pair("python", KEY, "key = RSA.generate(¦", "8)", "2_048)"),
    Pair("python", TLS, "r = session.get(url, ¦", "verify=False)", "verify=bundle)"),
    Pair("python", TLS, "c.verify_mode = ¦", "ssl.CERT_NONE", "ssl.CERT_REQUIRED"),
    Pair("python", PASSWORD, "password = ¦", '"hunter2"', 'os.environ["PASSWORD"]'),
    Pair("python", PASSWORD, "db = connect(user=u, ¦", "password='root')", "password=password)"),
    Pair("python", PASSWORD, "API_KEY: str = ¦", '"a1b2c3"', '""'),
    Pair("python", PASSWORD, 'config["secret_key"] = ¦', '"dev"', 'f"{value}"'),
)
PYTHON_WITH_FALLBACK = (
    Pair("python", SHELL, "subprocess.run(cmd, ¦", "shell=True)", "check=True)"),
    Pair("python", SHELL, "os.¦", "system(cmd)", 'system("clear")'),
    Pair("python", EVAL, "x = ¦", "eval(text)", "ast.literal_eval(text)"),
    Pair("python", EVAL, "model.¦", "train(); exec(code)", "eval()"),
    Pair("python", ECB, "c = Cipher(a, ¦", "modes.ECB())", "modes.GCM(iv))"),
    Pair(
        "python",
        KEY,
        "k = rsa.generate_private_key(public_exponent=65537, ¦",
        "key_size=1024)",
        "key_size=4096)",
    ),
)
PYTHON_BY_BANDIT = (
    *PYTHON_WITH_FALLBACK,
    Pair(
        "python",
        SHELL,
        "from subprocess import run as go\ngo(cmd, ¦",
        "shell=True)",
        "check=True)",
    ),
    Pair("python", SHELL, "subprocess.run(¦", "cmd, shell=True)", '"ls", shell=True)'),
    Pair("python", Weakness.WEAK_HASH, "h = hashlib.¦", "md5(data)", "sha256(data)"),
    Pair("python", Weakness.UNSAFE_LOAD, "d = yaml.¦", "load(text)", "safe_load(text)"),
    Pair(
        "python",
        Weakness.UNVERIFIED_HOST,
        "import paramiko\nclient = paramiko.SSHClient()\nclient.set_missing_host_key_policy(¦",
        "paramiko.AutoAddPolicy)",
        "paramiko.RejectPolicy)",
    ),
    Pair("python", Weakness.DEBUG_SERVER, "import flask\napp.run(¦", "debug=True)", "port=80)"),
    Pair(
        "python",
        Weakness.OLD_TLS,
        "import ssl\ns = ssl.wrap_socket(s, ¦",
        "ssl_version=ssl.PROTOCOL_SSLv3)",
        "ssl_version=ssl.PROTOCOL_TLS)",
    ),
)
_JS = (
    (
        ECB,
        "const c = crypto.createCipheriv(¦",
        "'aes-256-ecb', key, null)",
        "'aes-256-gcm', k, iv)",
    ),
    (ECB, "const o = { ¦", "mode: CryptoJS.mode.ECB }", "mode: CryptoJS.mode.CTR }"),
    (KEY, "generateKeyPairSync('rsa', { ¦", "modulusLength: 1024 })", "modulusLength: 2048 })"),
    (SHELL, "const { stdout } = await ¦", "exec(`ls ${dir}`)", "execFile('ls', [dir])"),
    (SHELL, "child_process.¦", "execSync('rm ' + name)", "execSync('ls')"),
    (SHELL, "spawn(cmd, args, { ¦", "shell: true })", "shell: false })"),
    (SHELL, "const m = ¦", "exec(line)", "/a(b)/.exec(line)"),
    (TLS, "new https.Agent({ ¦", "rejectUnauthorized: false })", "rejectUnauthorized: true })"),
    (
        TLS,
        "process.env.¦",
        "NODE_TLS_REJECT_UNAUTHORIZED = '0'",
        "NODE_TLS_REJECT_UNAUTHORIZED = '1'",
    ),
    (PASSWORD, "const db = { user, ¦", "password: 'letmein' }", "password: process.env.DB }"),
    (PASSWORD, "const ¦", 'apiKey = "k-123456";', 'apiKey = "";'),
    (EVAL, "const x = ¦", "eval(input)", "JSON.parse(input)"),
    (EVAL, "const f = ¦", "new Function(body)", "makeFunction(body)"),
    (EVAL, "¦", "eval(input)", "// never eval(input)"),
    (EVAL, "log(¦", "eval(input))", "'eval(input)')"),
)
SCRIPTS = tuple(Pair(language, *case) for language in ("javascript", "typescript") for case in _JS)
OTHERS = (
    Pair("typescript", PASSWORD, "const ¦", "pwd: string = 'q1w2';", "pwd: string = read();"),
    Pair("typescriptreact", EVAL, "const x = ¦", "eval(input)", "parse(input)"),
    Pair("javascriptreact", EVAL, "const x = ¦", "eval(input)", "parse(input)"),
    Pair("go", ECB, "m := ¦", "ecb.NewECBEncrypter(b)", "cipher.NewGCM(b)"),
    Pair("go", KEY, "k, err := rsa.GenerateKey(rand.Reader, ¦", "1024)", "2048)"),
    Pair("go", SHELL, "out := exec.Command(¦", '"sh", "-c", cmd)', '"ls", dir)'),
    Pair("go", SHELL, "out := exec.Command(¦", '"sh", "-c", "ls "+dir)', '"sh", "-c", "ls")'),
    Pair(
        "go",
        TLS,
        "c := &tls.Config{¦",
        "InsecureSkipVerify: true}",
        "InsecureSkipVerify: false}",
    ),
    Pair(
        "go",
        Weakness.UNVERIFIED_HOST,
        "cfg.HostKeyCallback = ¦",
        "ssh.InsecureIgnoreHostKey()",
        "ssh.FixedHostKey(key)",
    ),
    Pair("go", PASSWORD, "¦", 'password := "s3cret"', 'password := os.Getenv("PW")'),
    Pair(
        "java",
        ECB,
        "Cipher c = Cipher.getInstance(¦",
        '"AES/ECB/PKCS5Padding");',
        '"AES/GCM/NoPadding");',
    ),
    Pair("java", ECB, "Cipher c = Cipher.getInstance(¦", '"AES");', '"RSA/ECB/OAEPPadding");'),
    Pair("java", KEY, "generator.initialize(¦", "1024);", "2048);"),
    Pair("java", KEY, "generator.initialize(¦", "768);", "256);"),
    Pair("java", SHELL, "Runtime.getRuntime().¦", "exec(command);", 'exec("date");'),
    Pair("java", SHELL, "new ProcessBuilder(¦", '"sh", "-c", line);', '"ls", "-l");'),
    Pair("java", TLS, "b.setHostnameVerifier(¦", "(h, s) -> true);", "verifier);"),
    Pair(
        "java",
        TLS,
        "public void ¦",
        "checkServerTrusted(X509Certificate[] c, String a) {}",
        "checkServerTrusted(X509Certificate[] c, String a) { check(c); }",
    ),
    Pair("java", PASSWORD, "String ¦", 'password = "tiger";', 'password = System.getenv("P");'),
    Pair("java", EVAL, "Object o = ¦", "engine.eval(script);", 'engine.eval("1");'),
    Pair(
        "php",
        ECB,
        "$c = openssl_encrypt($d, ¦",
        "'aes-128-ecb', $key);",
        "'aes-128-gcm', $key, 0, $iv);",
    ),
    Pair("php", KEY, "$k = ['¦", "private_key_bits' => 1024];", "private_key_bits' => 2048];"),
    Pair("php", SHELL, "$o = ¦", 'shell_exec("ls $dir");', 'shell_exec("ls");'),
    Pair("php", SHELL, "$o = ¦", "exec('ls ' . $d);", "exec('ls ' . escapeshellarg($d));"),
    Pair("php", SHELL, "$o = ¦", "system($cmd);", "$db->exec($sql);"),
    Pair(
        "php",
        TLS,
        "curl_setopt($h, ¦",
        "CURLOPT_SSL_VERIFYPEER, false);",
        "CURLOPT_SSL_VERIFYPEER, true);",
    ),
    Pair("php", TLS, "$c = ['¦", "verify_peer' => false];", "verify_peer' => true];"),
    Pair("php", PASSWORD, "$¦", "password = 'root';", "password = getenv('PW');"),
    Pair("php", PASSWORD, "return [¦", "'password' => 'root']", "'password' => 'required|min:8']"),
    Pair("php", EVAL, "¦", "eval($code);", "$twig->eval($code);"),
    Pair("ruby", ECB, "c = OpenSSL::Cipher.new(¦", "'aes-128-ecb')", "'aes-128-gcm')"),
    Pair("ruby", ECB, "c = OpenSSL::Cipher::AES.new(128, ¦", ":ECB)", ":GCM)"),
    Pair("ruby", KEY, "k = OpenSSL::PKey::RSA.¦", "new(1024)", "new(2048)"),
    Pair("ruby", SHELL, "out = ¦", "`ls #{dir}`", "`ls`"),
    Pair("ruby", SHELL, "¦", 'system("ls #{dir}")', 'system("ls", dir)'),
    Pair("ruby", SHELL, "¦", "system(command)", "system(*command)"),
    Pair(
        "ruby",
        TLS,
        "http.verify_mode = ¦",
        "OpenSSL::SSL::VERIFY_NONE",
        "OpenSSL::SSL::VERIFY_PEER",
    ),
    Pair("ruby", PASSWORD, "db = { ¦", "password: 'root' }", "password: ENV['PW'] }"),
    Pair("ruby", EVAL, "x = ¦", "eval(params[:q])", "evaluate(params[:q])"),
    Pair(
        "c", ECB, "EVP_EncryptInit(c, ¦", "EVP_aes_128_ecb(), k, 0);", "EVP_aes_128_gcm(), k, v);"
    ),
    Pair("c", KEY, "RSA_generate_key_ex(rsa, ¦", "1024, e, NULL);", "2048, e, NULL);"),
    Pair("c", KEY, "EVP_PKEY_CTX_set_rsa_keygen_bits(c, ¦", "512);", "2048);"),
    Pair("c", SHELL, "int r = ¦", "system(command);", 'system("clear");'),
    Pair("c", SHELL, "FILE *f = ¦", 'popen(buffer, "r");', 'popen("ls", "r");'),
    Pair("c", TLS, "SSL_CTX_set_verify(x, ¦", "SSL_VERIFY_NONE, 0);", "SSL_VERIFY_PEER, 0);"),
    Pair(
        "c",
        TLS,
        "curl_easy_setopt(c, ¦",
        "CURLOPT_SSL_VERIFYPEER, 0L);",
        "CURLOPT_SSL_VERIFYPEER, 1L);",
    ),
    Pair("c", PASSWORD, "const char *¦", 'password = "root";', 'password = getenv("PW");'),
    Pair("cpp", PASSWORD, "char ¦", 'password[] = "root";', "password[64] = {0};"),
)
