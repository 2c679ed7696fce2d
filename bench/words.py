"""Words for goods, in English and in Portuguese."""

from typing import Final


def _pairs(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(pair.split("/")) for pair in text.split())


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# English, Portuguese.
NOUNS: Final = _pairs("""
lamp/luminária blanket/cobertor kettle/chaleira basket/cesto hammock/rede backpack/mochila notebook/caderno
umbrella/guarda-chuva cushion/almofada teapot/bule candle/vela mirror/espelho carpet/tapete curtain/cortina
pillow/travesseiro bottle/garrafa jacket/jaqueta sandals/sandálias trousers/calças sweater/suéter scarf/cachecol
gloves/luvas wallet/carteira bracelet/pulseira necklace/colar earrings/brincos watch/relógio sunglasses/óculos
helmet/capacete bicycle/bicicleta skateboard/skate football/bola racket/raquete compass/bússola tent/barraca
lantern/lanterna thermos/térmica grinder/moedor blender/liquidificador toaster/torradeira skillet/frigideira
saucepan/panela ladle/concha spatula/espátula chopsticks/hashi platter/travessa pitcher/jarra goblet/taça
corkscrew/saca-rolhas napkin/guardanapo tablecloth/toalha apron/avental doormat/capacho bookshelf/estante
armchair/poltrona footstool/banqueta wardrobe/armário drawer/gaveta cradle/berço bunkbed/beliche desk/escrivaninha
keyboard/teclado headphones/fones speaker/alto-falante charger/carregador tripod/tripé camera/câmera printer/impressora
projector/projetor microphone/microfone guitar/violão ukulele/cavaquinho tambourine/pandeiro flute/flauta drum/tambor
puzzle/quebra-cabeça kite/pipa teddy/ursinho marbles/bolinhas easel/cavalete paintbrush/pincel crayons/lápis
scissors/tesoura stapler/grampeador envelope/envelope calendar/calendário hammer/martelo screwdriver/chave-de-fenda
wrench/alicate ladder/escada bucket/balde broom/vassoura sponge/esponja detergent/detergente soap/sabonete
shampoo/xampu toothbrush/escova perfume/perfume razor/barbeador towel/toalha-de-banho coffee/café chocolate/chocolate
honey/mel granola/granola biscuits/biscoitos marmalade/geleia vinegar/vinagre olives/azeitonas cashews/castanhas
""")
ADJECTIVES: Final = _pairs("""
small/pequeno large/grande round/redondo square/quadrado folding/dobrável portable/portátil handmade/artesanal
striped/listrado dotted/pontilhado woven/trançado painted/pintado carved/entalhado polished/polido rustic/rústico
modern/moderno classic/clássico vintage/retrô elegant/elegante sturdy/resistente light/leve heavy/pesado soft/macio
bright/brilhante dark/escuro golden/dourado silver/prateado crimson/carmesim turquoise/turquesa purple/roxo
orange/laranja yellow/amarelo emerald/esmeralda organic/orgânico recycled/reciclado waterproof/impermeável
wireless/sem-fio electric/elétrico magnetic/magnético adjustable/ajustável compact/compacto
""")
MATERIALS: Final = _pairs("""
cotton/algodão linen/linho wool/lã silk/seda leather/couro bamboo/bambu rattan/vime walnut/nogueira oak/carvalho
marble/mármore granite/granito ceramic/cerâmica porcelain/porcelana crystal/cristal copper/cobre brass/latão
bronze/bronze aluminium/alumínio titanium/titânio steel/aço rubber/borracha velvet/veludo denim/jeans cork/cortiça
""")
# Makers are made of these, three each: some thousands of names that nobody bears.
BEGINNINGS: Final = _words("bra ca dor el fa gra ha il jo ka lu mar nor or pe qui ros sal tor ur va xa yor zel")
MIDDLES: Final = _words("ba den fi gal lin mon na per quo ras sen ti vel wen zo")
ENDINGS: Final = _words("co dal ex fors go lia mar nix ria son tex vik")
DEPARTMENTS: Final = (
    "home",
    "kitchen",
    "clothes",
    "leisure",
    "music",
    "office",
    "workshop",
    "care",
    "food",
    "children",
)
