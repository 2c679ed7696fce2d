"""Words that say nothing of a product: those that PostgreSQL leaves out in these languages, as far as they are written
without accents, since what is searched is folded before. Pure.
"""

_ENGLISH = """
    a about above after again against all am an and any are as at be because been before being below between
    both but by can did do does doing don down during each few for from further had has have having he her here
    hers herself him himself his how i if in into is it its itself just me more most my myself no nor not now of
    off on once only or other our ours ourselves out over own s same she should so some such t than that the
    their theirs them themselves then there these they this those through to too under until up very was we were
    what when where which while who whom why will with you your yours yourself yourselves
"""
_PORTUGUESE = """
    a ao aos aquela aquelas aquele aqueles aquilo as com como da das de dela delas dele deles depois do dos e
    ela elas ele eles em entre era eram essa essas esse esses esta estamos estas estava estavam este esteja
    estejam estejamos estes esteve estive estivemos estiver estivera estiveram estiverem estivermos estivesse
    estivessem estou eu foi fomos for fora foram forem formos fosse fossem fui haja hajam hajamos havemos hei
    houve houvemos houver houvera houveram houverei houverem houveremos houveria houveriam houvermos houvesse
    houvessem isso isto lhe lhes mais mas me mesmo meu meus minha minhas muito na nas nem no nos nossa nossas
    nosso nossos num numa o os ou para pela pelas pelo pelos por qual quando que quem se seja sejam sejamos sem
    serei seremos seria seriam seu seus somos sou sua suas te tem temos tenha tenham tenhamos tenho terei
    teremos teria teriam teu teus teve tinha tinham tive tivemos tiver tivera tiveram tiverem tivermos tivesse
    tivessem tu tua tuas um uma vos
"""

ENGLISH = frozenset(_ENGLISH.split())
PORTUGUESE = frozenset(_PORTUGUESE.split())
