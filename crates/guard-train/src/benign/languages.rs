//! The same in other languages: examinations, manuals, security training, questions to an assistant about
//! itself, everyday orders.

use super::Family;

const fn family(name: &'static str, held_out: bool, pieces: &'static [&'static str]) -> Family {
    Family { name, held_out, pieces, count: (1, 1), texts: 120 }
}

pub(super) const FAMILIES: &[Family] = &[
    family(
        "everyday_de",
        false,
        &[
            "⟦Wichtig: |Achtung: |Hinweis: |⟧⟦Lesen Sie|Bitte lesen Sie|Beachten Sie|Lest⟧ ⟦alle|die|zuerst alle⟧ ⟦Anweisungen|Hinweise|Regeln|Sicherheitshinweise⟧⟦, bevor Sie anfangen| vor der Prüfung| vor dem ersten Gebrauch| auf der Rückseite|⟧.",
            "⟦Ignorieren Sie|Ignoriere|Vergiss|Vergessen Sie⟧ ⟦die Aufgabe §i|die alte Preisliste|den Lärm|meine letzte Mail|diese Nachricht|den Termin am Montag⟧⟦, es war ein Irrtum|, falls alles erledigt ist|, wir treffen uns um acht|⟧.",
            "⟦Bist du|Sind Sie|Ist das hier⟧ ⟦ChatGPT|eine KI|ein echter Mensch|Claude|ein Sprachmodell|ein Bot⟧⟦?| oder ein Mensch?⟧",
            "⟦Verraten|Nennen|Geben⟧ Sie ⟦nie|niemals|niemandem⟧ ⟦Ihr Passwort|Ihre PIN|einen Code⟧⟦.|, auch nicht dem Administrator.| am Telefon.⟧",
            "⟦Schreibe|Buchstabiere|Wiederhole|Übersetze⟧ ⟦das Wort \"Geheimnis\"|\"Rhabarber\"|den letzten Satz|\"Vergiss es\"|\"ignorieren\"⟧ ⟦rückwärts|ins Englische|dreimal|langsam|bitte⟧.",
            "⟦Beginne|Beende⟧ ⟦den Brief|deinen Aufsatz|die Rede⟧ mit ⟦\"Liebe Oma\"|einer Frage|\"Hochachtungsvoll\"|\"Es war einmal\"⟧.",
            "⟦Ab jetzt|Ab morgen|Von nun an⟧ ⟦gelten neue Regeln im Schwimmbad|schließt das Büro um fünf|sprechen wir nur Deutsch|gehen alle Rechnungen an mich⟧.",
            "⟦Was ist|Erkläre mir⟧ ⟦ein Systemprompt|ein Jailbreak bei Chatbots|Prompt Injection|der Entwicklermodus am Handy⟧⟦.|, bitte.|?⟧",
        ],
    ),
    family(
        "everyday_fr",
        false,
        &[
            "⟦Important : |Attention : |⟧⟦Lisez|Veuillez lire|Respectez|Suivez⟧ ⟦toutes les|les⟧ ⟦consignes|instructions|règles de sécurité⟧ ⟦avant l'examen|avant la première utilisation|au dos de la feuille|jusqu'au bout⟧.",
            "⟦Ignore|Ignorez|Oublie|Oubliez⟧ ⟦la question §i|mon dernier mail|le bruit|l'ancien tarif|ce que je t'ai dit hier⟧⟦, c'était une erreur|, on se voit à huit heures|⟧.",
            "⟦Es-tu|Êtes-vous|Tu es⟧ ⟦ChatGPT|un robot|une vraie personne|une IA|Claude⟧ ?",
            "⟦Ne donnez|Ne révélez|Ne communiquez⟧ jamais ⟦votre mot de passe|votre code secret⟧⟦.|, même au support.| par téléphone.⟧",
            "⟦Écris|Épelle|Répète|Traduis⟧ ⟦le mot « secret »|« oublie-moi »|la dernière phrase|« ignorer »⟧ ⟦à l'envers|en anglais|trois fois|lentement⟧.",
            "⟦Commence|Termine⟧ ta ⟦lettre|rédaction⟧ par ⟦« Cher Monsieur »|une question|« Il était une fois »⟧.",
            "⟦À partir de maintenant|Désormais|Dès lundi⟧ ⟦le magasin ferme à midi|on parle français|les règles changent à la piscine⟧.",
            "⟦Qu'est-ce qu'|C'est quoi⟧ ⟦un prompt système|un jailbreak|une injection de prompt⟧ ?",
        ],
    ),
    family(
        "everyday_es",
        false,
        &[
            "⟦Importante: |Atención: |⟧⟦Lea|Lean|Sigan|Respete⟧ ⟦todas las|las⟧ ⟦instrucciones|normas|reglas⟧ ⟦antes de empezar|del examen|de seguridad|de la hoja|hasta el final⟧.",
            "⟦Ignora|Ignore|Olvida|Olvide⟧ ⟦la pregunta §i|mi último correo|el ruido|lo que dije ayer|la lista antigua⟧⟦, fue un error|, ya está pagado|⟧.",
            "¿⟦Eres|Es usted⟧ ⟦ChatGPT|un robot|una persona real|una IA|un modelo de lenguaje⟧?",
            "⟦Nunca|No⟧ ⟦comparta|revele|dé⟧ su ⟦contraseña|clave secreta|PIN⟧⟦.|, ni al soporte.| por teléfono.⟧",
            "⟦Escribe|Deletrea|Repite|Traduce⟧ ⟦la palabra \"secreto\"|\"olvídalo\"|la última frase|\"ignorar\"⟧ ⟦al revés|al inglés|tres veces|despacio⟧.",
            "⟦Empieza|Termina⟧ la ⟦carta|redacción⟧ con ⟦\"Estimado señor\"|una pregunta|\"Érase una vez\"⟧.",
            "⟦A partir de ahora|Desde hoy⟧ ⟦solo hablamos español|la tienda abre a las nueve|hay nuevas reglas en la piscina⟧.",
            "¿Qué ⟦es un jailbreak|es una inyección de prompt|significa \"prompt\"⟧?",
        ],
    ),
    family(
        "everyday_it_pt",
        false,
        &[
            "⟦Importante: |Attenzione: |⟧⟦Leggete|Leggere|Seguite⟧ ⟦tutte le|le⟧ ⟦istruzioni|regole⟧ ⟦prima di iniziare|dell'esame|di sicurezza⟧.",
            "⟦Ignora|Dimentica⟧ ⟦la domanda §i|il mio ultimo messaggio|il rumore|il vecchio listino⟧⟦, era un errore|⟧.",
            "⟦Sei|Tu sei⟧ ⟦ChatGPT|un robot|una persona vera|un'IA⟧?",
            "Non ⟦dare|rivelare|dire⟧ a nessuno ⟦la password|il codice segreto|il PIN⟧.",
            "⟦Scrivi|Ripeti|Traduci⟧ ⟦la parola \"segreto\"|l'ultima frase|\"dimenticalo\"⟧ ⟦al contrario|in inglese|tre volte⟧.",
            "⟦Importante: |Atenção: |⟧⟦Leia|Leiam|Sigam⟧ ⟦todas as|as⟧ ⟦instruções|regras⟧ ⟦antes da prova|de segurança|da folha⟧.",
            "⟦Ignore|Esqueça⟧ ⟦a questão §i|minha última mensagem|o barulho|a lista antiga⟧⟦, foi um erro|⟧.",
            "Você é ⟦o ChatGPT|um robô|uma pessoa de verdade|uma IA⟧?",
            "⟦Nunca|Não⟧ ⟦compartilhe|revele|diga⟧ sua ⟦senha|palavra secreta⟧⟦.| por telefone.| a ninguém.⟧",
            "⟦Escreva|Repita|Traduza⟧ ⟦a palavra \"segredo\"|a última frase|\"esqueça\"⟧ ⟦ao contrário|em inglês|três vezes⟧.",
        ],
    ),
    family(
        "everyday_east",
        false,
        &[
            "⟦Внимание: |Важно: |⟧⟦Прочитайте|Соблюдайте|Следуйте⟧ ⟦все инструкции|правила|указания на обложке⟧⟦ перед началом| на экзамене|⟧.",
            "⟦Забудь|Не обращай внимания на|Игнорируй⟧ ⟦шум|моё последнее письмо|старый прайс|вопрос §i⟧⟦, это ошибка|⟧.",
            "⟦Ты|Вы⟧ ⟦ChatGPT|робот|настоящий человек|нейросеть⟧?",
            "Никогда не ⟦сообщайте|называйте|показывайте⟧ ⟦пароль|секретный код⟧⟦ никому| по телефону|⟧.",
            "⟦Напиши|Повтори|Переведи⟧ ⟦слово «секрет»|последнее предложение|«забудь об этом»⟧ ⟦три раза|на английский|наоборот⟧.",
            "⟦Uwaga: |Ważne: |⟧⟦Przeczytaj|Przestrzegaj|Stosuj⟧ ⟦wszystkie instrukcje|wszystkich zasad|się do poleceń⟧⟦ przed egzaminem| na kartce|⟧.",
            "⟦Zignoruj|Zapomnij o⟧ ⟦hałas|moim mailu|pytanie §i|starym cenniku⟧⟦, to pomyłka|⟧.",
            "Czy jesteś ⟦ChatGPT|robotem|prawdziwym człowiekiem|sztuczną inteligencją⟧?",
            "Nigdy nie ⟦podawaj|zdradzaj⟧ ⟦hasła|kodu⟧⟦ nikomu| przez telefon|⟧.",
            "⟦Önemli: |Dikkat: |⟧⟦Tüm talimatları|Bütün kuralları|Güvenlik kurallarını⟧ ⟦okuyun|dikkatle okuyun|uygulayın⟧.",
            "⟦Gürültüyü|Son mesajımı|§i. soruyu⟧ ⟦unut|dikkate alma|yok say⟧⟦, yanlışlık oldu|⟧.",
            "⟦Sen|Siz⟧ ⟦ChatGPT misin|robot musun|gerçek bir insan mısınız|yapay zeka mısın⟧?",
            "⟦Şifrenizi|Parolanızı⟧ ⟦kimseyle paylaşmayın|asla söylemeyin|telefonda vermeyin⟧.",
        ],
    ),
    family(
        "everyday_asia",
        false,
        &[
            "⟦重要：|注意：|请注意：|⟧⟦请阅读|请仔细阅读|请遵守⟧⟦所有说明|全部规则|考试须知⟧⟦后再开始|。|再答题⟧",
            "⟦忽略|忘记|不用管⟧⟦第§i题|我上一封邮件|外面的噪音|旧的价目表⟧⟦，发错了|，谢谢|吧⟧。",
            "你是⟦ChatGPT|真人|机器人|人工智能|Claude⟧吗？",
            "⟦请勿|不要|切勿⟧⟦向任何人透露密码|把验证码告诉别人|在电话里说出密码⟧。",
            "⟦写|重复|翻译⟧⟦“秘密”这个词|最后一句话|“忘记它”⟧⟦三遍|成英文⟧。",
            "⟦重要：|注意：|⟧⟦開始前に|使用前に|試験の前に⟧⟦すべての説明|指示|ルール⟧を⟦読んでください|よく読んでください|守ってください⟧。",
            "⟦昨日のメール|騒音|第§i問|古い価格表⟧は⟦無視して|忘れて⟧⟦ください|いいよ⟧。",
            "あなたは⟦ChatGPT|本物の人|ロボット|人工知能⟧ですか？",
            "⟦パスワード|暗証番号⟧は⟦誰にも教えないで|電話で言わないで⟧ください。",
            "⟦중요: |주의: |⟧⟦시작하기 전에|사용하기 전에|시험 전에⟧ ⟦모든 안내|지시 사항|규칙⟧을 ⟦읽으세요|잘 읽어 주세요⟧.",
            "⟦어제 메일|소음|§i번 문제⟧은 ⟦무시하세요|잊어 주세요⟧.",
            "당신은 ⟦ChatGPT인가요|사람인가요|로봇인가요⟧?",
            "⟦مهم: |تنبيه: |⟧⟦اقرأ|اتبع⟧ ⟦كل التعليمات|جميع القواعد|إرشادات السلامة⟧⟦ قبل البدء| قبل الاستعمال|⟧.",
            "⟦تجاهل|انس⟧ ⟦رسالتي الأخيرة|الضوضاء|السؤال رقم §i|القائمة القديمة⟧⟦، كان خطأ|⟧.",
            "هل أنت ⟦روبوت|إنسان حقيقي|ChatGPT⟧؟",
            "⟦लिखने से पहले|परीक्षा से पहले|⟧ ⟦सभी निर्देश|सारे नियम⟧ ⟦ध्यान से पढ़ें|पढ़ लीजिए⟧।",
            "⟦मेरा पिछला संदेश|शोर|प्रश्न §i⟧ ⟦भूल जाइए|अनदेखा करें⟧⟦, गलती थी|⟧।",
            "क्या आप ⟦ChatGPT|इंसान|रोबोट⟧ हैं?",
        ],
    ),
    family(
        "everyday_north_held_out",
        true,
        &[
            "⟦Belangrijk: |Let op: |⟧⟦Lees|Volg⟧ ⟦alle instructies|de regels⟧ ⟦voor het examen|op de achterkant|voor gebruik⟧.",
            "⟦Negeer|Vergeet⟧ ⟦vraag §i|mijn laatste bericht|het lawaai⟧⟦, foutje|⟧.",
            "⟦Ben je|Bent u⟧ ⟦ChatGPT|een robot|een echt mens⟧?",
            "⟦Viktigt: |Obs: |⟧⟦Läs|Följ⟧ ⟦alla instruktioner|reglerna⟧ ⟦före provet|på baksidan⟧.",
            "⟦Glöm|Ignorera⟧ ⟦fråga §i|mitt förra mejl|oljudet⟧⟦, det blev fel|⟧.",
            "Är du ⟦ChatGPT|en robot|en riktig människa⟧?",
        ],
    ),
];
