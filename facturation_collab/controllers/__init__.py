from . import portal, portal_bill, portal_question, question_link, validation_link
