// What a login is called in the cache: nginx writes a key into a file, where no password may stand.
import crypto from 'crypto';

function digest(request) {
    return crypto.createHash('sha256').update(request.headersIn.Authorization || '').digest('hex');
}

export default {digest};
